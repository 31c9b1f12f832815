// Security keys, which only scripts can ask: [data-key="create"] and [data-key="get"] are forms, hidden in the HTML, whose
// data-options holds the question. The key's answer goes into the field "answer", and the form is sent as forms are.

const ask = {
  create: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll('form[data-key]')) {
    form.hidden = false;
    form.addEventListener('submit', async (event) => {
      if (form.elements.answer.value) return;
      event.preventDefault();
      const failed = form.querySelector('[role="alert"]');
      failed.hidden = true;
      try {
        const answer = await ask[form.dataset.key](JSON.parse(form.dataset.options));
        form.elements.answer.value = JSON.stringify(answer.toJSON());
        form.requestSubmit();
      } catch {
        failed.hidden = false;
      }
    });
  }
}
