"""What explains a read or comes nearest, in words."""

from wayseal.detect.reasons._judge import Outcome
from wayseal.detect.reasons._pair import TemplateStep
from wayseal.detect.reasons._world import Post
from wayseal.model.kinds import Scope
from wayseal.model.times import HOUR_US, iso
from wayseal.page.words import Saying

_GATES = {Outcome.ROLE: "role", Outcome.KIND: "kind", Outcome.RIGHT: "right", Outcome.ACTION: "action"}
_GATES[Outcome.COMMON] = "common"
_TIMES = {"at", "issued", "opened", "closed"}


class GroundWording(Saying):
    """Says the ground on which a template explains a read, or doesn't."""

    area = "explain"

    def why(self, step: TemplateStep) -> str:
        """A sentence or two."""
        if step.how in _GATES:
            wanted = self.voice.joined(map(self.voice.value, _texts(step, "wanted")), " / ")
            has = self.voice.value(str(step.values.get("has") or ""), "explain.gate_none")
            return self.say(f"gate_{_GATES[step.how]}", wanted=wanted, has=has)
        if step.how is Outcome.NOTHING:
            return self.say(f"nothing_{step.template.by}")
        if step.how is not Outcome.OTHER:
            return self.say(f"{step.what}_{step.how}", **self.values(step)) + self.since_when(step)
        bare = "instead" in step.values and not step.values["instead"]
        how = "own" if step.values.get("own") == "yes" else "nowhere" if bare else "other"
        return self.say(f"{step.what}_{how}", **self.values(step))

    def since_when(self, step: TemplateStep) -> str:
        """From when to when the account has the post that a ground needs, where that has bounds."""
        if step.how is Outcome.POST or step.post is None or step.post.since is None:
            return ""
        code = "assigned_then" if step.post.scope is Scope.OUTLET else "held_then"
        return self.voice.say("unit.gap") + self.say(code, span=self.span(step.post))

    def values(self, step: TemplateStep) -> dict[str, object]:
        """The values of a step as texts and hours."""
        out: dict[str, object] = {}
        for name, value in step.values.items():
            if name in _TIMES and isinstance(value, int):
                out[name] = iso(value)
            elif isinstance(value, int):
                out[name] = value / HOUR_US
            elif isinstance(value, str):
                out[name] = self.voice.id(value)
        out["instead"] = self.voice.all_of(self.voice.id(text) for text in _texts(step, "instead"))
        out |= {name: self.shown(_texts(step, name), "nobody") for name in ("theirs", "ours")}
        end = "closed" if "closed" in step.values else "still"
        out["open"] = self.say(f"{'over' if step.how is Outcome.LATE else 'open'}_{end}", **out)
        out["span"] = "" if step.post is None else self.span(step.post)
        return out

    def span(self, post: Post) -> str:
        """From when to when it is held; "" without bounds."""
        since = iso(post.since) if post.since is not None else ""
        if not since:
            return ""
        if post.until is None:
            return self.say("until_open", since=since)
        return self.say("until", since=since, until=iso(post.until))

    def shown(self, texts: tuple[str, ...], none: str) -> str:
        """Texts beside each other; a text of the area where there are none."""
        return self.voice.values(*texts) if texts else self.say(none)


def _texts(step: TemplateStep, name: str) -> tuple[str, ...]:
    found = step.values.get(name, ())
    return found if isinstance(found, tuple) else ()
