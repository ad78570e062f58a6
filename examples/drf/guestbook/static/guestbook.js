/** Sends the forms of the page to the API as JSON. */

const forms = document.querySelectorAll('form');
const [comments, letter] = ['#comments', '#letter'].map((name) => document.querySelector(name));

async function post(url, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return [response.ok, await response.json()];
}

/** Says under the form what the API said, and marks the fields that it means. */
function tell(form, text, fields = []) {
  form.querySelector('[role=status]').textContent = text;
  for (const field of form.elements) field.ariaInvalid = fields.includes(field.name) ? 'true' : null;
}

async function send(form) {
  const [ok, answer] = await post(form.action, Object.fromEntries(new FormData(form)));
  if (ok) {
    form.reset();
    tell(form, form.dataset.done);
  } else {
    const { 'error-codes': codes, ...mistakes } = answer;
    tell(form, Object.values(mistakes).flat().join(' '), Object.keys(mistakes));
  }
  // What was sent is spent, right or wrong.
  form.querySelector('cattlegrid-captcha')?.reset();
}

async function showComments() {
  const written = await (await fetch(document.querySelector('#comment').action)).json();
  document.querySelector('#empty').hidden = written.length > 0;
  comments.replaceChildren(
    ...written.map(({ name, text }) => {
      const item = document.createElement('li');
      const author = document.createElement('strong');
      author.textContent = name;
      item.append(author, ` ${text}`);
      return item;
    }),
  );
}

/** A new picture for the letter: its key goes into the form, and what is typed elsewhere stays. */
async function showPicture() {
  const [ok, captcha] = await post(letter.dataset.captcha, {});
  if (!ok) return tell(letter, captcha.detail);
  letter.elements.captcha_key.value = captcha.captcha_key;
  letter.elements.captcha_value.value = '';
  letter.querySelector('img').src = `data:${captcha.image_type};base64,${captcha.captcha_image}`;
}

for (const form of forms) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await send(form);
    await (form === letter ? showPicture() : showComments());
  });
}
letter.querySelector('[type=button]').addEventListener('click', async () => {
  await showPicture();
  letter.elements.captcha_value.focus();
});
await Promise.all([showComments(), showPicture()]);
