"""What a form says before its first question, and wherever somebody wants to leave it.

The sentences are in the catalogs; nothing here names what the form is about, since it is the first thing that
somebody sees who looks at the phone.
"""

from pipeline.language import mark

TITLE = mark("Monthly register")
"""The title of the form, which tells nothing. A form on a server has but one, so it is English there."""

NAME = "monthly_register"
"""The id of the form on a server, and how its files are called."""

HELP = (
    # One number for police, ambulance and fire in all states: Ministry of Home Affairs, Emergency Response Support
    # System (businesstoday.in of 2019-04-19, story 338636).
    mark("In danger, call 112: police, ambulance, fire brigade."),
    # Helplines of the departments of women and child development, free and day and night: 181 for women, 1098 for
    # children (enewsx.com of 2026-03-15, article 121856; Juvenile Justice Act 2015 for the latter).
    mark("Helpline for women: 181."),
    mark("Helpline for children: 1098."),
    # National Legal Services Authority (newindianexpress.com of 2020-02-29, 2110319).
    mark("Free help with the law: 15100."),
)
"""Helplines that answer in all of India."""

SAFE = mark("Are you alone, or safe with those around you?")
IF_SOMEBODY_COMES = mark("If somebody comes, press the back button and leave the form without saving.")
NOT_SAFE = mark("Then stop here. You can come back when you are safe; nothing more is asked.")
LEAVE = mark("Press the back button and leave the form without saving.")

STOP = mark("You can stop here, or go on.")
STOPPING = mark("If you stop, your answers about what happened are removed and nothing more is asked.")
STOPPED = mark("You have stopped. If the form is sent all the same, it says nothing of what happened.")

NUMBER = mark("The number of this report: {number}")
KEEP_NUMBER = mark("Write it down and keep it where nobody else looks.")
TEAR_OFF = mark("Tear off here, and keep the number where nobody else looks.")

ON_PAPER = (
    mark("Are you alone, or safe with those around you? If not, put this form away for now."),
    mark("If somebody comes, put it away as well."),
    mark("You can stop at any time: tear it up, and nothing of it is kept."),
    mark("Write no names, no addresses and no telephone numbers on it."),
    mark("Keep it locked away until it is entered, and destroy it then."),
)
"""What is to be known of a form on paper, which anybody can read who finds it."""
