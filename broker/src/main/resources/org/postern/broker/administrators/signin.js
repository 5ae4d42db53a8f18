'use strict';
const page = '/admin/signin';
const $ = id => document.getElementById(id);
let csrf = '';
let pending = null;      // a one-time code that is being redeemed, or a password that is being set
let changing = false;    // the set-up page changes the password of somebody signed in

const query = new URLSearchParams(location.search);
const terminal = query.get('redirect_uri') && query.get('state') && query.get('code_challenge')
  ? { redirectUri: query.get('redirect_uri'), state: query.get('state'), codeChallenge: query.get('code_challenge') }
  : null;

const toBytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const toText = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

function show(id) {
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== id;
  const heading = $(id).querySelector('h1');
  document.title = heading.textContent + ' · Postern';
  heading.focus();
}

function say(text) {
  $('message').textContent = text;
  $('message').hidden = !text;
  if (text) $('message').scrollIntoView({ block: 'nearest' });
}

class Problem extends Error {}

async function call(path, body) {
  let response;
  try {
    response = await fetch(page + path, body === undefined ? { credentials: 'same-origin' } : {
      method: 'POST', credentials: 'same-origin', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'X-Postern-CSRF': csrf }
    });
  } catch (e) {
    throw new Problem('The broker does not answer. Check your connection, then try again.');
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem((answer.title || 'Something went wrong') + '. ' + (answer.detail || ''));
  return answer;
}

/** Runs what a button or form does, once at a time, and says what went wrong. */
async function work(element, action) {
  const buttons = element.matches('form') ? element.querySelectorAll('button') : [element];
  buttons.forEach(each => { each.disabled = true; });
  say('');
  try {
    await action();
  } catch (e) {
    if (e instanceof Problem) say(e.message);
    else if (e.name === 'NotAllowedError' || e.name === 'AbortError') say('No passkey was used. Try again when you are ready.');
    else if (e.name === 'InvalidStateError') say('This authenticator holds your passkey already.');
    else say('This browser could not do that: ' + e.message);
  } finally {
    buttons.forEach(each => { each.disabled = false; });
  }
}

const click = (id, action) => $(id).addEventListener('click', e => work(e.currentTarget, action));
const submit = (id, action) => $(id).addEventListener('submit', e => { e.preventDefault(); work(e.currentTarget, action); });

function thisDevice() {
  const agent = navigator.userAgent;
  const browser = ['Edg', 'Firefox', 'Chrome', 'Safari'].find(each => agent.includes(each)) || 'Browser';
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find(each => agent.includes(each)) || 'device';
  return browser.replace('Edg', 'Edge') + ' on ' + system;
}

async function createPasskey(options) {
  const made = await navigator.credentials.create({ publicKey: {
    ...options, challenge: toBytes(options.challenge), user: { ...options.user, id: toBytes(options.user.id) } } });
  return { id: made.id, rawId: toText(made.rawId), type: made.type, clientExtensionResults: {}, response: {
    clientDataJSON: toText(made.response.clientDataJSON), attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports ? made.response.getTransports() : [] } };
}

async function showPasskey(options) {
  const shown = await navigator.credentials.get({ publicKey: { ...options, challenge: toBytes(options.challenge) } });
  return { id: shown.id, rawId: toText(shown.rawId), type: shown.type, clientExtensionResults: {}, response: {
    clientDataJSON: toText(shown.response.clientDataJSON), authenticatorData: toText(shown.response.authenticatorData),
    signature: toText(shown.response.signature),
    userHandle: shown.response.userHandle ? toText(shown.response.userHandle) : null } };
}

function line(title, small, label, action) {
  const item = document.createElement('li');
  const text = document.createElement('span');
  text.textContent = title;
  const note = document.createElement('small');
  note.textContent = small;
  text.append(note);
  item.append(text);
  if (label) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.setAttribute('aria-label', label + ': ' + title);
    button.addEventListener('click', () => work(button, action));
    item.append(button);
  }
  return item;
}

const when = text => text ? new Date(text).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }) : 'never';

/** On to an identity provider; a terminal that waits is not forgotten. */
function leave(how) {
  const to = new URLSearchParams(how);
  if (terminal) for (const name of ['redirect_uri', 'state', 'code_challenge']) to.set(name, query.get(name));
  location.assign(page + '/provider?' + to);
}

/** One provider is one button; of several one chooses, by address or by name. */
function showProviders(names) {
  $('through-provider').hidden = !names.length;
  $('by-email').hidden = $('or-provider').hidden = names.length < 2;
  $('own-account').open = $('own-account-summary').hidden = !names.length;
  $('with-passkey').classList.toggle('primary', !names.length);
  $('providers').replaceChildren(...names.map(name => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = names.length > 1 ? name : 'Continue with ' + name;
    button.classList.toggle('primary', names.length === 1);
    button.addEventListener('click', () => leave({ provider: name }));
    return button;
  }));
}

/** Asks who is signed in, and shows the page that fits. */
async function start(detail) {
  const own = await call('/session');
  for (const each of document.querySelectorAll('.own-credentials')) each.hidden = !!own.provider;
  for (const each of document.querySelectorAll('.passkeys')) {
    each.hidden = !own.passkeys || !window.PublicKeyCredential || (own.provider && each.matches('.own-credentials'));
  }
  $('terminal').hidden = !terminal;
  $('first-hint').hidden = !own.first;
  changing = false;
  pending = null;
  if (!own.signedIn) {
    csrf = '';
    showProviders(own.providers);
    show(own.first && !own.providers.length ? 'codes' : 'signin');
    if (own.ended) say('You were signed out: ' + own.ended + '. Sign in again to go on.');
    return;
  }
  csrf = own.csrf;
  if (terminal && !detail) {
    $('allow-name').textContent = own.name;
    $('allow-role').textContent = own.role;
    return show('allow');
  }
  $('own-name').textContent = own.name;
  $('own-role').textContent = own.role;
  $('own-provider').textContent = 'You signed in through ' + own.provider + ', which gave you this role. It can end your sessions at any time.';
  $('own-provider').hidden = !own.provider;
  $('own-passkeys').replaceChildren(...own.ownPasskeys.map(each => line(each.name,
    'since ' + when(each.since) + ', last used ' + when(each.lastUsed), 'Remove', async () => {
      await call('/account/passkey/remove', { id: each.id });
      await start(true);
    })));
  $('own-password').textContent = (own.password ? 'You have a password with an authenticator. ' : 'You have no password. ')
    + own.recoveryCodesLeft + ' recovery codes are left.';
  $('change-password').textContent = own.password ? 'Change the password' : 'Set a password';
  $('own-sessions').replaceChildren(...own.sessions.map(each => line(
    each.id === own.session ? 'This browser' : each.kind === 'command-line' ? 'Command line' : 'A browser',
    each.method + ', from ' + each.from + ', ' + when(each.lastSeen) + (each.id === own.session ? '' : ', ' + each.agent),
    each.id === own.session ? '' : 'End', async () => {
      await call('/session/end', { id: each.id });
      await start(true);
    })));
  $('end-others').hidden = own.sessions.length < 2;
  show('account');
}

function showCodes(codes) {
  $('recovery-codes').replaceChildren(...codes.map(code => {
    const item = document.createElement('li');
    item.textContent = code;
    return item;
  }));
  show('recovery');
}

function showSetup(answer, name, role) {
  pending = answer;
  $('setup-name').textContent = name;
  $('setup-username').value = name;
  $('setup-role').textContent = role;
  $('totp-secret').textContent = answer.totp.secret;
  $('totp-uri').href = answer.totp.uri;
  $('new-password').value = '';
  $('new-code').value = '';
  $('make-passkey').closest('.card').hidden = changing || !answer.passkey || !window.PublicKeyCredential;
  $('setup').querySelector('h1').textContent = changing ? 'Set a password' : 'How will you sign in?';
  show('setup');
}

click('with-passkey', async () => {
  const begun = await call('/passkey', {});
  const credential = await showPasskey(begun.passkey);
  await call('/passkey/finish', { state: begun.state, credential });
  await start();
});

submit('with-password', async () => {
  try {
    await call('/password', { name: $('name').value, password: $('password').value, code: $('code').value });
  } finally {
    $('code').value = '';
  }
  $('password').value = '';
  await start();
});

submit('by-email', async () => leave({ email: $('email').value }));

click('have-code', async () => show('codes'));
click('back', async () => show('signin'));

submit('one-time', async () => {
  const answer = await call('/setup', { code: $('one-time-code').value, name: $('new-name').value });
  if (answer.needsName) {
    $('choose-name').hidden = false;
    $('new-name').required = true;
    $('new-name').focus();
    return;
  }
  $('one-time-code').value = '';
  showSetup(answer, answer.name, answer.role);
});

click('make-passkey', async () => {
  const credential = await createPasskey(pending.passkey);
  const done = await call('/setup/passkey', { state: pending.state, credential, passkeyName: thisDevice() });
  showCodes(done.recoveryCodes);
});

submit('make-password', async () => {
  const body = { state: pending.state, password: $('new-password').value, code: $('new-code').value };
  if (changing) {
    await call('/account/password/finish', body);
    await start(true);
    say('The password is set. All your other sessions have ended.');
    return;
  }
  const done = await call('/setup/password', body);
  $('new-password').value = '';
  showCodes(done.recoveryCodes);
});

click('copy-codes', async () => {
  const codes = [...$('recovery-codes').children].map(each => each.textContent).join('\n');
  await navigator.clipboard.writeText(codes);
  say('Copied. Put them where only you find them.');
});
click('print-codes', async () => window.print());
click('codes-stored', async () => {
  $('recovery-codes').replaceChildren();
  await start();
});

click('allow-yes', async () => {
  const answer = await call('/command-line', terminal);
  location.replace(answer.location);
});
click('allow-no', async () => start(true));

click('add-passkey', async () => {
  const begun = await call('/account/passkey', {});
  const credential = await createPasskey(begun.passkey);
  await call('/account/passkey/finish', { state: begun.state, credential, passkeyName: thisDevice() });
  await start(true);
});
click('change-password', async () => {
  const begun = await call('/account/password', {});
  changing = true;
  showSetup(begun, $('own-name').textContent, $('own-role').textContent);
});
click('renew-codes', async () => showCodes((await call('/account/recovery-codes', {})).recoveryCodes));
click('end-others', async () => { await call('/session/end', { others: true }); await start(true); });
click('sign-out', async () => { await call('/out', {}); await start(); });

start().catch(e => { show('signin'); say(e.message); });
