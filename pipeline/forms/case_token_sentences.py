"""What the page for case tokens says, sentence by sentence; the page has it in all languages.

`{least}` and `{length}` are filled when the page is written, `{count}` by the page itself.
"""

from pipeline.language import mark

SENTENCES = {
    "title": mark("Case token"),
    "language": mark("Language"),
    "lead": mark(
        "This page makes a code for a person. It shows that two reports are of the same person, without "
        "showing who."
    ),
    "offline": mark(
        "It works without internet, sends nothing and keeps nothing. On a shared phone use a private window "
        "if you can, and close the page afterwards."
    ),
    "unread": mark(
        "This translation was made by a machine, and no speaker has read it yet. Where it differs from the "
        "English page, the English page holds."
    ),
    "no_script": mark("This page needs JavaScript. Switch it on, or open the file in Chrome."),
    "unable": mark("This browser cannot make tokens. Open the file in Chrome."),
    # To be read first.
    "first": mark("Read this first"),
    "purpose": mark("What the token is for"),
    "purpose_same": mark(
        "The same token on two reports tells us that they are of the same person, so that nobody is counted "
        "twice. We cannot find out who it is."
    ),
    "choose": mark("What to choose for a person"),
    "choose_well": mark(
        "Something that only your collective knows: for example the number in your own case register, or a "
        "code word. Write it into your register, and nowhere else."
    ),
    "choose_same": mark(
        "The same choice and the same secret always give the same token. Any other choice gives another "
        "token. Capital letters, extra spaces and the script of the digits make no difference."
    ),
    "avoid": mark("What not to choose"),
    "avoid_these": mark("No name, no phone number, no Aadhaar number, no date of birth."),
    "avoid_guessing": mark(
        "Nothing that others could guess or look up: whoever gets your secret could try out one after the "
        "other, and find the person."
    ),
    "keep": mark("Your secret"),
    "keep_words": mark(
        "Four or more words that do not belong together make a good secret. The collective has one secret "
        "for all its tokens."
    ),
    "keep_two": mark(
        "Two trusted people keep it. Never write it on the phone, and never send it to us: we will never ask "
        "for it."
    ),
    "keep_sign": mark(
        "With each token the page shows the sign of your secret: two characters. Write the sign into your "
        "register. If it is ever another one, something was typed wrongly: do not use that token."
    ),
    "lost": mark("If the secret is lost, or others know it"),
    "lost_new": mark(
        "Choose a new secret at once. New tokens will not match the old ones: tell us from which day you use "
        "the new secret, but never the secret itself."
    ),
    "lost_known": mark(
        "If others know the old secret, tell us that, too. They could find a person only by guessing what "
        "you chose."
    ),
    # To make a token.
    "make": mark("Make a token"),
    "collective": mark("Collective"),
    "collective_none": mark("Choose your collective"),
    "secret": mark("Secret of the collective"),
    "secret_hint": mark("At least {least} characters. It is not kept: type it each time."),
    "secret_show": mark("Show the secret"),
    "secret_short": mark("The secret needs at least {least} characters; it has {count}."),
    "secret_weak": mark(
        "This secret is easy to guess. Better: four or more words that do not belong together."
    ),
    "secret_fair": mark("This secret is long enough. It is good if nobody can guess its words."),
    "choice": mark("What you chose for the person"),
    "choice_hint": mark(
        "For example the number in your own register, or a code word. No name, no phone number, no Aadhaar "
        "number."
    ),
    "choice_number": mark(
        "This looks like a phone number or an Aadhaar number. Choose something else: such a number leads to "
        "the person."
    ),
    "choice_address": mark(
        "This looks like an e-mail address. Choose something else: an address leads to the person."
    ),
    "button_make": mark("Make the token"),
    "working": mark("The token is being made. This takes a few seconds."),
    "need_collective": mark("Choose your collective first."),
    "need_choice": mark("Type what you chose for the person."),
    "failed": mark("The token could not be made. Open the page again and try once more."),
    "token": mark("The token"),
    "token_hint": mark(
        "Copy it into the report, or write it on paper: {length} characters, digits 0 to 9 and letters A to F."
    ),
    "button_copy": mark("Copy the token"),
    "copied": mark("The token is copied."),
    "not_copied": mark("It could not be copied. Write the token on paper."),
    "sign": mark("Sign of your secret"),
    "sign_hint": mark("Is it the same as in your register? If not, do not use this token."),
    # To check one.
    "check": mark("Check a token"),
    "paper": mark("Token from paper"),
    "paper_hint": mark("{length} characters. Spaces make no difference."),
    "button_check": mark("Check the token"),
    "right": mark("This token is right."),
    "wrong": mark("This token is not right. Compare it with the paper, character by character."),
    "wrong_letters": mark(
        "A token has only the digits 0 to 9 and the letters A to F. Look for O instead of 0, or I instead of 1."
    ),
    "wrong_length": mark("A token has {length} characters; this one has {count}."),
    # To leave.
    "button_clear": mark("Clear everything"),
    "cleared": mark("Everything that was typed here is cleared."),
    "leaving": mark(
        "The page also clears itself when you leave it, lock the phone, or do nothing for a while."
    ),
}
