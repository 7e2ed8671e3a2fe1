// Draws the OpenAPI document of the page's own server.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("api-docs");
  if (box && window.SwaggerUIBundle) {
    window.SwaggerUIBundle({
      url: box.dataset.spec,
      domNode: box,
      deepLinking: false,
      validatorUrl: null,
      tagsSorter: "alpha",
    });
  }
});
