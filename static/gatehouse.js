// What script adds to pages that work without it. Everything hangs on data attributes; nothing here knows a feature.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, scope = document) => scope.querySelector(selector);
  const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target.closest?.(selector);
      if (found) act(found, event);
    });

  // --- keyboard: "/" and Ctrl-K lead to the search box
  const typing = (element) => element.isContentEditable || /^(input|textarea|select)$/i.test(element.tagName);
  document.addEventListener("keydown", (event) => {
    const search = one("[data-search]");
    if (!search || event.altKey || event.isComposing) return;
    const chord = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !typing(event.target);
    if (!chord && !slash) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // --- search box: the list below it by arrow keys, and headers of a mail that are pasted into it
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.("[data-search]");
    const list = box ? one("#search-below [data-hits]") ?? one("[data-hits-here]") : event.target.closest?.("[data-hits]");
    if (event.key === "Escape" && event.target.closest?.(".gh-search")) {
      one("#search-below")?.replaceChildren();
      one("[data-search]").focus();
    }
    if (!list || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const links = all("a", list);
    const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (links[Math.min(at, links.length - 1)] ?? one("[data-search]")).focus();
  });
  document.addEventListener("focusout", (event) => {
    const search = event.target.closest?.(".gh-search");
    if (search && event.relatedTarget && !search.contains(event.relatedTarget)) one("#search-below")?.replaceChildren();
  });
  on("click", "main", () => one("#search-below")?.replaceChildren());
  on("paste", "[data-search]", (box, event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const form = box.form;
    const token = one('[name="csrf_token"]');
    if (!form.dataset.headers || !token || !/\n/.test(text.trim()) || !/^(received|from|message-id|return-path):/im.test(text)) return;
    event.preventDefault();
    const sent = document.createElement("form");
    sent.method = "post";
    sent.action = form.dataset.headers;
    for (const [name, value] of [["csrf_token", token.value], ["headers", text]]) {
      sent.append(Object.assign(document.createElement("textarea"), { name, value }));
    }
    sent.hidden = true;
    document.body.append(sent);
    sent.submit();
  });

  // --- the navigation of a narrow screen
  const setNavigation = (open) => {
    root.classList.toggle("gh-nav-open", open);
    one("[data-nav-toggle]")?.setAttribute("aria-expanded", String(open));
  };
  const toggle = one("[data-nav-toggle]");
  if (toggle) {
    toggle.setAttribute("role", "button");
    setNavigation(location.hash === "#navigation");
    if (location.hash === "#navigation") history.replaceState(null, "", location.pathname + location.search);
  }
  on("click", "[data-nav-toggle]", (_, event) => {
    event.preventDefault();
    setNavigation(!root.classList.contains("gh-nav-open"));
  });
  on("keydown", "[data-nav-toggle]", (link, event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    link.click();
  });
  on("click", "[data-nav-close]", (_, event) => {
    event.preventDefault();
    setNavigation(false);
    toggle?.focus();
  });

  // --- pop-up menus: placed beside their button where the style sheet cannot do it
  const anchored = CSS.supports("position-area: bottom");
  document.addEventListener(
    "toggle",
    (event) => {
      const box = event.target;
      if (event.newState !== "open" || !box.matches?.(".gh-popover")) return;
      const opener = one(`[data-row-menu="${CSS.escape(box.id)}"][aria-expanded="true"]`);
      if (anchored && !opener) return;
      const button = (opener || one(`[popovertarget="${CSS.escape(box.id)}"]`)).getBoundingClientRect();
      const below = button.bottom + 4 + box.offsetHeight < innerHeight;
      box.style.margin = "0";
      box.style.inset = "auto";
      box.style.top = `${below ? button.bottom + 4 : Math.max(4, button.top - 4 - box.offsetHeight)}px`;
      box.style.left = `${Math.max(4, Math.min(button.right - box.offsetWidth, innerWidth - box.offsetWidth - 4))}px`;
    },
    true,
  );

  // --- one menu for all rows of a table: its links lead below the address of the row that opened it
  const closeRowMenus = () => all('[data-row-menu][aria-expanded="true"]').forEach((link) => link.setAttribute("aria-expanded", "false"));
  on("click", "[data-row-menu]", (link, event) => {
    const box = document.getElementById(link.dataset.rowMenu);
    if (!box?.showPopover || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    all("[data-path]", box).forEach((item) => item.setAttribute("href", link.getAttribute("href") + item.dataset.path));
    closeRowMenus();
    link.setAttribute("aria-expanded", "true");
    if (box.matches(":popover-open")) box.hidePopover();
    box.showPopover();
    one("a", box)?.focus();
    box.addEventListener("toggle", (change) => {
      if (change.newState !== "closed") return;
      closeRowMenus();
      if (box.contains(document.activeElement) || document.activeElement === document.body) link.focus();
    }, { once: true });
  });

  // --- a file that was chosen is taken out again
  on("change", 'input[type="file"]', (input) => {
    const button = one(`[data-clear-file="${CSS.escape(input.id)}"]`);
    if (button) button.hidden = !input.value;
  });
  on("click", "[data-clear-file]", (button) => {
    const input = document.getElementById(button.dataset.clearFile);
    input.value = "";
    button.hidden = true;
    input.focus();
  });

  // --- copy buttons
  const copyText = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Plain HTTP has no clipboard object.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy refused");
  };
  on("click", "[data-copy]", async (button) => {
    try {
      await copyText(button.dataset.copy);
    } catch {
      return;
    }
    if (button.textContent === button.dataset.done) return;
    const before = [...button.childNodes];
    button.textContent = button.dataset.done;
    setTimeout(() => button.replaceChildren(...before), 1500);
  });

  // --- forms: no second submit while the first is under way (data-submit-again: the answer is a download)
  const setBusy = (form, busy) => {
    if (busy) form.setAttribute("aria-busy", "true");
    else form.removeAttribute("aria-busy");
    all("button, input[type=submit]", form).forEach((button) => {
      if (button.type !== "submit") return;
      if (busy && !button.disabled) button.dataset.resting = "";
      if ("resting" in button.dataset) button.disabled = busy;
      if (!busy) delete button.dataset.resting;
    });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post" || "submitAgain" in form.dataset) return;
    // After this turn, so that the pressed button's name and value still travel.
    setTimeout(() => setBusy(form, true));
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[aria-busy]").forEach((form) => setBusy(form, false));
  });

  // --- filters send themselves, and leave out of the URL what is not set
  on("change", "[data-autosubmit] select, [data-autosubmit] input[type=checkbox]", (field) => field.form.requestSubmit());

  // --- a choice that decides what else can be entered presses its own button
  on("change", "[data-choose] select", (field) => field.form.requestSubmit(one("button", field.closest("[data-choose]"))));

  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("[data-autosubmit]")) return;
    [...event.formData].forEach(([name, value]) => value === "" && event.formData.delete(name));
  });

  // --- rows to choose
  const countChosen = (scope) => {
    const rows = all("[data-select-row]", scope);
    const chosen = rows.filter((row) => row.checked).length;
    all("[data-select-all]", scope).forEach((box) => {
      box.checked = chosen > 0 && chosen === rows.length;
      box.indeterminate = chosen > 0 && chosen < rows.length;
    });
    const formId = rows[0]?.getAttribute("form");
    const bar = formId && document.getElementById(formId);
    if (!bar) return;
    bar.classList.toggle("gh-chosen", chosen > 0);
    all("[data-selection-count]", bar).forEach((count) => (count.textContent = chosen));
  };
  on("change", "[data-select-all]", (box) => {
    const table = box.closest("table");
    all("[data-select-row]", table).forEach((row) => (row.checked = box.checked));
    countChosen(table);
  });
  on("change", "[data-select-row]", (row) => countChosen(row.closest("table")));
  let lastRow = null;
  on("click", "[data-select-row]", (row, event) => {
    const rows = all("[data-select-row]", row.closest("table"));
    if (event.shiftKey && rows.includes(lastRow)) {
      const [from, to] = [rows.indexOf(lastRow), rows.indexOf(row)].sort((a, b) => a - b);
      rows.slice(from, to + 1).forEach((between) => (between.checked = row.checked));
    }
    lastRow = row;
  });

  // --- lists of rows in a form: add, remove, move
  const renumber = (list) => {
    const name = list.closest("[data-rows]").dataset.rows;
    const numbered = new RegExp(`(^| )${name}-\\d+`, "g");
    all("[data-row]", list).forEach((row, index) => {
      row.setAttribute("aria-label", `${row.dataset.label} ${index + 1}`);
      all("*", row).forEach((element) =>
        ["name", "id", "for", "value", "aria-describedby"].forEach((attribute) => {
          if (attribute === "value" && element.tagName !== "BUTTON") return;
          const old = element.getAttribute(attribute);
          if (old) element.setAttribute(attribute, old.replace(numbered, `$1${name}-${index}`));
        }),
      );
    });
  };
  const emptied = (row) => {
    all("input, select, textarea", row).forEach((field) => {
      if (field.type === "checkbox" || field.type === "radio") field.checked = field.defaultChecked;
      else if (field.tagName === "SELECT") field.selectedIndex = 0;
      else field.value = field.dataset.blank ?? "";
      field.classList.remove("is-invalid");
      field.removeAttribute("aria-invalid");
    });
    all(".invalid-feedback", row).forEach((error) => error.remove());
    return row;
  };
  const firstField = (row) => one("input:not([type=hidden]), select, textarea", row);
  on("click", "[data-rows-add]", (button, event) => {
    const list = one("[data-rows-list]", button.closest("[data-rows]"));
    const last = list.lastElementChild;
    if (!last) return; // nothing to copy: the server draws the first row
    event.preventDefault();
    list.append(emptied(last.cloneNode(true)));
    renumber(list);
    firstField(list.lastElementChild)?.focus();
  });
  on("click", "[data-row-remove]", (button, event) => {
    event.preventDefault();
    const row = button.closest("[data-row]");
    const list = row.parentElement;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) row.remove();
    else emptied(row);
    renumber(list);
    firstField(next ?? row)?.focus();
  });
  on("click", "[data-row-up]", (button, event) => {
    event.preventDefault();
    const row = button.closest("[data-row]");
    if (!row.previousElementSibling) return;
    row.previousElementSibling.before(row);
    renumber(row.parentElement);
    button.focus();
  });

  // --- a typed confirmation opens its button; the server checks it again
  const checkTyped = (field) => {
    const wrong = field.value.trim() !== field.dataset.confirm;
    all("button[type=submit]:not([formnovalidate])", field.form).forEach((button) => (button.disabled = wrong));
  };
  on("input", "[data-confirm]", checkTyped);

  // --- charts
  const colour = (tone) => getComputedStyle(root).getPropertyValue(`--gh-chart-${tone}`).trim();
  const TONES = ["blue", "green", "orange", "red", "purple", "grey"];
  const chartOptions = (data, ink, line) => {
    const round = data.type === "doughnut";
    const axis = { stacked: data.stacked, ticks: { color: ink }, grid: { color: line } };
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { display: round || data.series.length > 1, position: "bottom", labels: { color: ink, boxWidth: 12 } } },
      scales: round
        ? {}
        : {
            x: { ...axis, grid: { display: false } },
            y: { ...axis, beginAtZero: true, title: { display: Boolean(data.unit), text: data.unit ?? "", color: ink } },
          },
    };
  };
  const drawChart = (canvas) => {
    const data = JSON.parse(canvas.dataset.chart);
    const tone = (series, index) => colour(series.tone ?? TONES[index % TONES.length]);
    const datasets = data.series.map((series, index) => {
      const colours = data.type === "doughnut" ? data.labels.map((_, i) => colour(series.tones?.[i] ?? TONES[i % TONES.length])) : tone(series, index);
      return {
        label: series.label,
        data: series.values,
        backgroundColor: colours,
        borderColor: data.type === "line" ? colours : "transparent",
        borderWidth: data.type === "line" ? 2 : 0,
        pointRadius: 0,
        tension: 0.3,
      };
    });
    Chart.getChart(canvas)?.destroy();
    new Chart(canvas, {
      type: data.type,
      data: { labels: data.labels, datasets },
      options: chartOptions(data, colour("ink"), colour("line")),
    });
  };
  const drawCharts = (scope = document) => {
    if (window.Chart) all("canvas[data-chart]", scope).forEach(drawChart);
  };
  new MutationObserver(() => drawCharts()).observe(root, { attributeFilter: ["data-bs-theme"] });

  // --- look-up: how many sources have answered, once all of them are through
  const countAnswers = (line) => {
    const parts = all("[data-answer]");
    if (parts.length < Number(line.dataset.answers)) return;
    const good = parts.filter((part) => part.dataset.answer === "yes").length;
    line.textContent = line.dataset.text.replace("{count}", good).replace("{all}", parts.length);
    all("[data-after-answers]").forEach((part) => {
      part.removeAttribute("data-after-answers"); // asked for once
      htmx.trigger(part, "answered");
    });
  };

  // --- what must be looked at once, and again in every part that htmx puts in
  const prepare = (scope = document) => {
    all("[data-width]", scope).forEach((bar) => (bar.style.width = `${Number(bar.dataset.width)}%`));
    all("[data-confirm]", scope).forEach(checkTyped);
    all("table", scope).filter((table) => one("[data-select-row]", table)).forEach(countChosen);
    all("[data-answers]", scope).forEach(countAnswers);
    drawCharts(scope);
  };
  document.addEventListener("htmx:after:swap", () => prepare());
  prepare();
  one("[data-focus]")?.focus();
})();
