"use strict";
// What is typed lives in the fields and nowhere else: no storage, no address, no form. The arithmetic is that of
// pipeline/forms/case_token.py, whose PAGE stands before this. Nothing newer than ES2017, for old phones.
(() => {
  const AWAY = 60 * 1000;
  const IDLE = 5 * 60 * 1000;
  const SIGNS_OF_GOOD_SECRET = 8;
  const POINTS_OF_GOOD_SECRET = 20;
  const LOOKS_LIKE_NUMBER = /[0-9](?:[\s().+_-]{0,3}[0-9]){9}/;
  const LOOKS_LIKE_ADDRESS = /\S@\S/;
  const HEXADECIMAL = /^[0-9A-F]*$/;
  const INVISIBLE = new RegExp(PAGE.invisible, "g");
  const SPACE = new RegExp(PAGE.space, "g");

  const find = id => document.getElementById(id);
  const collective = find("collective");
  const secret = find("one-time-secret");
  const show = find("secret-show");
  const choice = find("choice");
  const paper = find("paper");
  const result = find("result");
  const typed = [collective, secret, choice, paper];
  const subtle = window.crypto && window.crypto.subtle;

  let language = "en";
  let turn = 0;
  let timer = 0;
  let due = 0;

  // Words

  function fill(element) {
    const text = PAGE.texts[language][element.dataset.say];
    element.textContent = text.replace("{count}", element.dataset.count);
  }

  function tell(id, key, kind, count) {
    const element = find(id);
    element.className = "said " + (kind || "");
    element.dataset.say = key;
    element.dataset.count = count;
    fill(element);
  }

  function hush(id) {
    const element = find(id);
    element.className = "said";
    delete element.dataset.say;
    element.textContent = "";
  }

  function speak(code) {
    language = code;
    document.documentElement.lang = code;
    for (const element of document.querySelectorAll("[data-say]")) fill(element);
    for (const element of document.querySelectorAll("[data-say-label]")) {
      element.setAttribute("aria-label", PAGE.texts[code][element.dataset.sayLabel]);
    }
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === code));
    }
    find("unread").hidden = !PAGE.unread.includes(code);
  }

  // Arithmetic

  function toLatin(character) {
    const code = character.codePointAt(0);
    const zero = PAGE.zeros.find(first => first <= code && code < first + 10);
    return zero === undefined ? character : String(code - zero);
  }

  function normalise(text) {
    const plain = text.replace(INVISIBLE, "").normalize("NFKC");
    const fold = character => character.toLowerCase().toUpperCase().toLowerCase();
    const folded = Array.from(plain, fold).join("").normalize("NFKC");
    return Array.from(folded, toLatin).join("").replace(SPACE, " ").replace(/^ | $/g, "");
  }

  function checkDigit(digits) {
    let state = 0;
    for (const digit of digits) {
      const doubled = (state ^ parseInt(digit, 16)) << 1;
      state = doubled > 15 ? doubled ^ 0b10011 : doubled;
    }
    return state.toString(16).toUpperCase();
  }

  const encode = text => new TextEncoder().encode(text);

  async function deriveKey(phrase, code) {
    const raw = await subtle.importKey("raw", encode(phrase), "PBKDF2", false, ["deriveKey"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: encode(PAGE.salt + code), iterations: PAGE.iterations };
    return subtle.deriveKey(how, raw, { name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
  }

  async function sign(key, message) {
    const bytes = new Uint8Array(await subtle.sign("HMAC", key, encode(message)));
    return Array.from(bytes, byte => (byte + 256).toString(16).slice(1)).join("").toUpperCase();
  }

  // Hints

  const lengthOf = text => Array.from(text).length;

  function isWeak(phrase) {
    const kinds = [/[0-9]/, /[^\s0-9!-\/:-@[-`{-~]/, /[!-\/:-@[-`{-~]/].filter(kind => kind.test(phrase)).length;
    const points = lengthOf(phrase) + 4 * (phrase.split(" ").length - 1) + 4 * (kinds - 1);
    const option = collective.options[collective.selectedIndex];
    const named = collective.value && phrase.includes(normalise(option.text).split(" ")[0]);
    return points < POINTS_OF_GOOD_SECRET || new Set(phrase).size < SIGNS_OF_GOOD_SECRET || Boolean(named);
  }

  function hintSecret() {
    const phrase = normalise(secret.value);
    if (!phrase) hush("secret-said");
    else if (lengthOf(phrase) < PAGE.least) tell("secret-said", "secret_short", "", lengthOf(phrase));
    else if (isWeak(phrase)) tell("secret-said", "secret_weak", "warn");
    else tell("secret-said", "secret_fair", "good");
  }

  function hintChoice() {
    const chosen = normalise(choice.value);
    if (LOOKS_LIKE_NUMBER.test(chosen)) tell("choice-said", "choice_number", "warn");
    else if (LOOKS_LIKE_ADDRESS.test(chosen)) tell("choice-said", "choice_address", "warn");
    else hush("choice-said");
  }

  // Making and checking

  function hideResult() {
    turn += 1;
    result.hidden = true;
    for (const id of ["token", "sign"]) find(id).textContent = "";
    for (const id of ["make-said", "copy-said"]) hush(id);
  }

  function refuse(field, id, key, count) {
    tell(id, key, "warn", count);
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  function isComplete() {
    const length = lengthOf(normalise(secret.value));
    if (!collective.value) refuse(collective, "collective-said", "need_collective");
    else if (length < PAGE.least) refuse(secret, "secret-said", "secret_short", length);
    else if (!normalise(choice.value)) refuse(choice, "choice-said", "need_choice");
    else return true;
    return false;
  }

  async function make() {
    hideResult();
    if (!subtle || !isComplete()) return;
    const mine = turn;
    tell("make-said", "working");
    try {
      const key = await deriveKey(normalise(secret.value), collective.value);
      const digits = (await sign(key, normalise(choice.value))).slice(0, PAGE.hashed);
      const mark = (await sign(key, PAGE.signOf)).slice(0, 2);
      // Cleared or changed meanwhile: what comes now belongs to nobody.
      if (mine === turn) present(digits + checkDigit(digits), mark);
    } catch (error) {
      if (mine === turn) tell("make-said", "failed", "warn");
    }
  }

  function present(token, mark) {
    hush("make-said");
    for (const group of token.match(/.{1,4}/g)) {
      find("token").appendChild(document.createElement("span")).textContent = group;
    }
    find("sign").textContent = mark;
    result.hidden = false;
    find("result-title").focus();
  }

  function copyByHand(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    document.body.appendChild(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    find("copy-button").focus();
    return done;
  }

  async function copy() {
    const text = find("token").textContent;
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch (error) {
      // Older browsers do not know it, and some refuse it to a file.
      done = copyByHand(text);
    }
    if (done) tell("copy-said", "copied", "good");
    else tell("copy-said", "not_copied", "warn");
  }

  function check() {
    const digits = normalise(paper.value).replace(/[ -]/g, "").toUpperCase();
    const length = lengthOf(digits);
    if (!HEXADECIMAL.test(digits)) tell("check-said", "wrong_letters", "warn");
    else if (length !== PAGE.hashed + 1) tell("check-said", "wrong_length", "warn", length);
    else if (checkDigit(digits) === "0") tell("check-said", "right", "good");
    else tell("check-said", "wrong", "warn");
  }

  // Clearing

  function clear() {
    const something = typed.some(field => field.value) || !result.hidden;
    for (const field of typed) {
      field.value = "";
      field.removeAttribute("aria-invalid");
    }
    show.checked = false;
    secret.type = "password";
    hideResult();
    for (const id of ["collective-said", "secret-said", "choice-said", "check-said"]) hush(id);
    if (something) {
      tell("clear-said", "cleared", "good");
      window.scrollTo(0, 0);
    }
  }

  function clearIn(time) {
    clearTimeout(timer);
    due = Date.now() + time;
    timer = setTimeout(clear, time);
  }

  function seeWhetherAway() {
    if (document.hidden) clearIn(Math.min(AWAY, due - Date.now()));
    // A phone that sleeps lets no timer run.
    else if (Date.now() >= due) clear();
    else clearIn(IDLE);
  }

  // Wiring

  function change(field, update) {
    field.addEventListener("input", () => {
      field.removeAttribute("aria-invalid");
      hush("clear-said");
      update();
    });
  }

  function submit(fields, button, act) {
    button.addEventListener("click", act);
    for (const field of fields) {
      field.addEventListener("keydown", event => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault();
        act();
      });
    }
  }

  change(collective, () => { hideResult(); hush("collective-said"); hintSecret(); });
  change(secret, () => { hideResult(); hintSecret(); });
  change(choice, () => { hideResult(); hintChoice(); });
  change(paper, () => hush("check-said"));
  submit([secret, choice], find("make-button"), make);
  submit([paper], find("check-button"), check);
  find("copy-button").addEventListener("click", copy);
  find("clear-button").addEventListener("click", clear);
  show.addEventListener("change", () => { secret.type = show.checked ? "text" : "password"; });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => speak(button.dataset.language));
  }
  for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, () => clearIn(IDLE));
  document.addEventListener("visibilitychange", seeWhetherAway);
  for (const event of ["pagehide", "pageshow"]) window.addEventListener(event, clear);

  find("unable").hidden = Boolean(subtle);
  find("make-button").disabled = !subtle;
  const wanted = (navigator.languages || []).map(tag => tag.split("-")[0]);
  speak(wanted.find(code => PAGE.texts[code]) || language);
  clearIn(IDLE);
})();
