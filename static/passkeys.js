// Hands the server's request to the browser's passkey dialogue and posts the answer. The translation between the two
// is done by Flask-Security's webauthn.js (handleRegister, handleSignin).
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const ask = form.dataset.passkey === "register" ? handleRegister : handleSignin;
  ask(form.dataset.passkeyOptions).then(({ credential, error_msg: problem }) => {
    if (credential) {
      form.elements.credential.value = credential;
      form.submit();
      return;
    }
    const box = form.querySelector("[data-passkey-problem]");
    box.firstElementChild.textContent = problem;
    box.hidden = false;
  });
})();
