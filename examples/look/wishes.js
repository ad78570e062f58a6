/** Sends the form as JSON to the API that lists what has been wished for, and shows that. */

const form = document.querySelector('#wish');
const list = document.querySelector('#wishes');
const message = document.querySelector('#message');

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
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  // A token passes only once, so the next wish needs another.
  form.querySelector('cattlegrid-captcha').reset();
  if (response.ok) {
    form.reset();
    await show();
    message.textContent = 'Thank you, it is on the list.';
  } else {
    const { detail, 'error-codes': codes } = await response.json();
    message.textContent = `It was refused: ${detail ?? codes.join(', ')}`;
  }
});

await show();
