"""Google ADK: a plugin asks before each tool call; with `pause` the run waits for a confirmation."""

import asyncio

import stage
from agent_sudo_client.frameworks.google_adk import SudoPlugin
from google.adk.agents import LlmAgent
from google.adk.apps import App
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

CONFIRMATION = "adk_request_confirmation"


class Scripted(BaseLlm):
    """Says what was written for it."""

    parts: list[types.Part]

    async def generate_content_async(self, _request, stream=False):  # noqa: FBT002 - the framework's own signature
        yield LlmResponse(content=types.Content(role="model", parts=[self.parts.pop(0)]))


def scripted(calls):
    asks = [types.Part.from_function_call(name="send", args=call) for call in calls]
    return Scripted(model="scripted", parts=[*asks, types.Part.from_text(text="Done.")])


async def run(calls, send, gate, pause):
    agent = LlmAgent(name="assistant", model=scripted(calls), tools=[send])
    app = App(name="office", root_agent=agent, plugins=[SudoPlugin(gate, pause=pause is not None)])
    runner = InMemoryRunner(app=app)
    session = await runner.session_service.create_session(app_name=app.name, user_id="you")
    told, message = {}, types.Content(role="user", parts=[types.Part.from_text(text="Go on.")])
    while message is not None:
        answers = []
        async for event in runner.run_async(user_id="you", session_id=session.id, new_message=message):
            for answer in event.get_function_responses():
                told[answer.id] = answer.response
            for asked in event.get_function_calls():
                if asked.name == CONFIRMATION:
                    pause(asked.args["toolConfirmation"]["payload"]["approval_id"])
                    answers.append(
                        types.Part(
                            function_response=types.FunctionResponse(
                                id=asked.id, name=CONFIRMATION, response={"confirmed": True}
                            )
                        )
                    )
        message = types.Content(role="user", parts=answers) if answers else None
    await runner.close()
    return [answer.get("error") or answer["result"] for answer in told.values()]


def parts(calls, _):
    """What the page's snippet takes for granted."""
    return {"model": scripted(calls)}


def converse(calls, send, gate, pause=None):
    """What the model was told about each call. Where a confirmation is wanted, `pause` is told what it waits for."""
    return asyncio.run(run(calls, send, gate, pause))


if __name__ == "__main__":
    stage.play(converse)
