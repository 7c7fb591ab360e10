"""A support desk with three bots: scopes with wildcards, monitor mode, and a person for what is large.

There is no model here: `main` does what one would ask for. The bots, their sessions and the decisions are real.

    AGENT_SUDO_URL=http://127.0.0.1:8787 AGENT_SUDO_KEY=asudo_… python support_bot.py
"""

from agent_sudo_client import Agent, PermissionDenied, sudo


@sudo(scope="read:orders")
def look_up(order):
    return f"{order} was 500.0, paid by Ann"


@sudo(scope="write:refunds", on_deny="wait", wait=60)
def refund(order, amount):
    return f"{amount} refunded for {order}"


@sudo(scope="send:replies")
def send_reply(to, text):
    return f"told {to}: {text}"


@sudo(scope="delete:customers")
def delete_customer(name):
    return f"{name} is gone"


def attempt(tool, *arguments):
    try:
        print("  ran:    ", tool(*arguments))
    except PermissionDenied as denied:
        print("  stopped:", denied)


def main():
    print("support-bot, which may read everything, refund and reply:")
    with Agent("support-bot").start_session(prompt="I am Ann. Please refund order_1, and tell me."):
        attempt(look_up, "order_1")
        attempt(refund, "order_1", 20.0)
        print("  (a person is asked)")
        attempt(refund, "order_1", 500.0)
        attempt(send_reply, "ann", "The money is on its way.")
        attempt(delete_customer, "ann")
    print("analytics-bot, which may read everything:")
    with Agent("analytics-bot").start_session():
        attempt(look_up, "order_1")
        attempt(refund, "order_1", 20.0)
    print("pilot-bot, in monitor mode, which may read everything:")
    with Agent("pilot-bot").start_session():
        attempt(refund, "order_1", 20.0)


if __name__ == "__main__":
    main()
