// @ts-check
/** Draws the API's documentation with Swagger UI, which its own script has put on the window. */

const place = /** @type {HTMLElement} */ (document.getElementById("docs"));
const { SwaggerUIBundle } = /** @type {any} */ (window);

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapiUrl,
  deepLinking: true,
  // The online validator would be a request to another host.
  validatorUrl: null,
});
