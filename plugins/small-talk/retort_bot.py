"""What a Retort bot in Python needs besides its contract: `wit_world`, which `retort build` makes of `wit/bot.wit`.

A subclass of `Bot` with a method `respond`, called `Handler` in app.py, is a bot; one of `Function` with a method `invoke`, called
`FunctionHandler` there, a function, if its manifest says `world = "function"`. What it raises becomes a fault that says where,
with its stack in the log. Lines that it prints are logged.
"""

import json
import sys
import traceback

from componentize_py_types import Err
from retort_manifest import NAME, VERSION
from wit_world import exports
from wit_world.imports import log
from wit_world.imports import state as memory
from wit_world.imports.types import (
    Action_Close,
    Action_Transfer,
    Answer,
    Close,
    Delay,
    Description,
    Fault,
    Intent,
    Part_Delay,
    Part_PrivateText,
    Part_StructuredContent,
    Part_Text,
    Reply_Answer,
    Reply_NoAnswer,
    StructuredContent,
    Text,
    Transfer,
)

Conversation, OfBot = memory.Scope.CONVERSATION, memory.Scope.BOT


class _Described:
    """What the host asks of either."""

    def describe(self):
        return Description(NAME, VERSION)

    def check_config(self):
        """Raise `Err([ConfigProblem(key, problem)])` for a configuration that is wrong."""


# A component has the one world or the other.
class Bot(_Described, getattr(exports, "Handler", object)):
    """A bot: answer turns in `respond`."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "respond" in cls.__dict__:
            cls.respond = _told(cls.respond)


class Function(_Described, getattr(exports, "FunctionHandler", object)):
    """A function: return what becomes JSON from `invoke`, which is given headers by their names, and the payload."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "invoke" in cls.__dict__:
            cls.invoke = _told(_of_json(cls.invoke))


def _of_json(invoke):
    def of_json(self, headers, payload: str) -> str:
        return json.dumps(invoke(self, dict(headers), json.loads(payload)))

    return of_json


def _told(answer):
    def told(self, *given):
        try:
            return answer(self, *given)
        except Err as error:
            if isinstance(error.value, Fault):
                raise
            # What the host refuses, and nobody has looked after.
            raise Err(_fault(error)) from error
        except Exception as error:
            raise Err(_fault(error)) from error

    return told


def _fault(error: Exception) -> Fault:
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    for frame in own:
        log.write(log.Level.ERROR, f"    at {frame.name} ({_file(frame)}:{frame.lineno}): {frame.line or ''}".rstrip(" :"))
    place = f" ({_file(own[-1])}:{own[-1].lineno})" if own else ""
    return Fault("python-raised", f"{type(error).__name__}: {error}{place}")


def _file(frame) -> str:
    return frame.filename.rsplit("/", 1)[-1]


def answer(*parts, intent=None):
    """An answer of texts, and of what the other functions here give."""
    each = [Part_Text(Text(part, None, None)) if isinstance(part, str) else part for part in parts]
    intents = [Intent(intent[0], None, intent[1])] if intent else []
    return Reply_Answer(Answer(each, None, intents, None))


def silence():
    """Nothing is said, on purpose."""
    return Reply_NoAnswer()


def note(text: str):
    """A text for agents only."""
    return Part_PrivateText(Text(text, None, None))


def delay(seconds: int, typing: bool = True):
    """A pause before the next part."""
    return Part_Delay(Delay(seconds, typing))


def card(content: dict):
    """Structured content, in LivePerson's own format."""
    return Part_StructuredContent(StructuredContent(json.dumps(content), None, None))


def button(title: str, text: str | None = None) -> dict:
    """A button that says its title, or another text, for the consumer."""
    return {"type": "button", "title": title, "click": {"actions": [{"type": "publishText", "text": text or title}]}}


def quick_replies(message: str, buttons: list[dict]):
    """A text with buttons below it. In messaging only."""
    return card({"message": message, "quickReplies": {"type": "quickReplies", "itemsPerRow": 8, "replies": buttons}})


def transfer(skill: str, before, note: str | None = None):
    """Hands the conversation over, after an answer."""
    said = before.value
    parts = said.parts + ([Part_PrivateText(Text(note, None, None))] if note else [])
    return Reply_Answer(Answer(parts, Action_Transfer(Transfer(skill, None)), said.intents, said.encoded_metadata))


def close(before, survey: bool = True):
    """Ends the conversation, after an answer."""
    said = before.value
    return Reply_Answer(Answer(said.parts, Action_Close(Close(survey)), said.intents, said.encoded_metadata))


class state:
    """What a bot keeps between turns, as JSON. Its manifest has to ask for the scope."""

    @staticmethod
    def get(scope, key: str, otherwise=None):
        entry = memory.get(scope, key)
        return otherwise if entry is None else json.loads(entry.value)

    @staticmethod
    def set(scope, key: str, value):
        memory.set(scope, key, json.dumps(value).encode(), None)

    @staticmethod
    def delete(scope, key: str):
        memory.delete(scope, key)


class _Lines:
    """Standard output and error, line by line, into the log."""

    def __init__(self, level):
        self.level, self.begun = level, ""

    def write(self, text: str):
        *lines, self.begun = (self.begun + text).split("\n")
        for line in lines:
            log.write(self.level, line)

    def flush(self):
        pass


sys.stdout, sys.stderr = _Lines(log.Level.INFO), _Lines(log.Level.WARN)
