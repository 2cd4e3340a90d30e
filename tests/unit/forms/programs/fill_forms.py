"""Fills an XForm as a person with a phone would, in JavaRosa, the engine of ODK Collect, whose jar it is given.

Reads tasks from standard input, each a line of JSON: the path of a form, a language and fillings. A filling has
answers by name of the question, given where it is asked; or it is a list of those, given one after another in the
same form, from its start each time. Answers with a line of JSON, one object a filling: what was asked and shown, in
order, with its words; what was refused and why; whether the form could be sent; and the XML that it would send.

A program of its own, since a Java machine takes over signals of the process that it runs in.
"""

import functools
import json
import re
import sys

import jpype


def main(jar: str) -> None:
    jpype.startJVM("-Djava.awt.headless=true", "-Duser.timezone=Asia/Kolkata", classpath=[jar])
    java("model.xform.XFormsModule")().registerModule()
    for line in sys.stdin:
        task = json.loads(line)
        form, blank = read_form(task["form"])
        filled = [fill(form, blank.clone(), task["language"], filling) for filling in task["fillings"]]
        sys.stdout.write(json.dumps(filled) + "\n")
        sys.stdout.flush()


@functools.cache
def read_form(path: str):
    """Return a form, and its instance before anything is filled in."""
    form = java("xform.util.XFormUtils").getFormFromInputStream(jpype.JClass("java.io.FileInputStream")(path))
    return form, form.getInstance().clone()


def java(name: str):
    return jpype.JClass(f"org.javarosa.{name}")


def fill(form, blank, language: str, filling) -> dict:
    form.setInstance(blank)
    model = java("form.api.FormEntryModel")(form)
    controller = java("form.api.FormEntryController")(model)
    form.initialize(True, java("core.model.instance.InstanceInitializationFactory")())
    controller.setLanguage(language)
    for answers in filling if isinstance(filling, list) else [filling]:
        controller.jumpToIndex(jpype.JClass("org.javarosa.core.model.FormIndex").createBeginningOfFormIndex())
        walked = walk(controller, model, answers)
    outcome = form.validate(True)
    form.postProcessInstance()
    xml = java("model.xform.XFormSerializingVisitor")().serializeInstance(form.getInstance())
    return walked | {"can_be_sent": outcome is None, "xml": bytes(xml).decode()}


def walk(controller, model, answers: dict) -> dict:
    asked, shown, refused, offered = [], {}, {}, {}
    while True:
        event = controller.stepToNextEvent()
        if event == controller.EVENT_END_OF_FORM:
            return {"asked": asked, "shown": shown, "refused": refused, "offered": offered}
        if event == controller.EVENT_GROUP:
            caption = model.getCaptionPrompt()
            shown[str(caption.getFormElement().getBind().getReference().getNameLast())] = str(
                caption.getLongText() or ""
            )
        if event == controller.EVENT_QUESTION:
            prompt = model.getQuestionPrompt()
            name = str(prompt.getQuestion().getBind().getReference().getNameLast())
            shown[name] = str(prompt.getLongText())
            if not prompt.isReadOnly():
                asked.append(name)
                ask(controller, prompt, name, answers, refused, offered)


def ask(controller, prompt, name: str, answers: dict, refused: dict, offered: dict) -> None:
    if is_select(prompt):
        offered[name] = [str(choice.getValue()) for choice in prompt.getSelectChoices()]
    if name in answers:
        try:
            answer = encode(prompt, answers[name])
        except LookupError:
            refused[name] = "cannot be entered"
            return
    else:
        answer = prompt.getAnswerValue()
    result = controller.answerQuestion(answer, True)
    if result == controller.ANSWER_REQUIRED_BUT_EMPTY:
        refused[name] = "required"
    if result == controller.ANSWER_CONSTRAINT_VIOLATED:
        refused[name] = str(prompt.getConstraintText(answer))


def is_select(prompt) -> bool:
    constants = java("core.model.Constants")
    return prompt.getControlType() in (constants.CONTROL_SELECT_ONE, constants.CONTROL_SELECT_MULTI)


def encode(prompt, text: str):
    """Return an answer as the engine takes it; None where it is blank.

    Raises LookupError for what nobody can enter: choices, calendars and fields for numbers offer no such thing.
    """
    if text == "":
        return None
    data = "core.model.data."
    constants = java("core.model.Constants")
    if is_select(prompt):
        choices = {str(choice.getValue()): choice for choice in prompt.getSelectChoices()}
        selections = [choices[code].selection() for code in text.split(" ")]
        if prompt.getControlType() == constants.CONTROL_SELECT_ONE:
            return java(data + "SelectOneData")(*selections)
        return java(data + "SelectMultiData")(jpype.JClass("java.util.ArrayList")(selections))
    kind = prompt.getDataType()
    if kind == constants.DATATYPE_DATE:
        date = java("core.model.utils.DateUtils").parseDate(text)
        if date is None:
            raise LookupError("no date of the calendar")
        return java(data + "DateData")(date)
    if kind == constants.DATATYPE_INTEGER:
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise LookupError("no whole number")
        return java(data + "IntegerData")(int(text))
    return java(data + "StringData")(text)


if __name__ == "__main__":
    main(sys.argv[1])
