/** Sends the wish as JSON, and shows what has been wished for. */

const form = document.querySelector('#wish');
const list = document.querySelector('#wishes');
const message = document.querySelector('#message');
const captcha = form.querySelector('cattlegrid-captcha');

async function show() {
  const wishes = await (await fetch(form.action)).json();
  document.querySelector('#empty').hidden = wishes.length > 0;
  list.replaceChildren(
    ...wishes.map((wish) => {
      const item = document.createElement('li');
      item.textContent = wish;
      return item;
    }),
  );
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const response = await fetch(form.action, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-captcha-response': captcha.value },
    body: JSON.stringify({ song: form.elements.song.value }),
  });
  // A token passes only once, so the next wish needs another.
  captcha.reset();
  if (response.ok) {
    form.reset();
    await show();
    message.textContent = 'Thank you, it is on the list.';
  } else {
    const { detail, code } = await response.json();
    message.textContent = `It was refused: ${detail ?? code}.`;
  }
});

await show();
