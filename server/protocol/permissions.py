"""What each door asks for: one table for every route and every message on a socket (S-21).

A route or message that is not here is refused; tests/web/test_permissions.py names what is missing.
`domain/roles.py` says which role may do which act.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from server.domain.roles import Act
from server.protocol.inbound import Ask, Hello, Inbound, Passive, Ping, Seen, Vote

MESSAGES: Mapping[type[Inbound], Act] = MappingProxyType(
    {
        Hello: Act.LISTEN,
        Vote: Act.VOTE,
        Ask: Act.ASK,
        Seen: Act.LISTEN,
        Passive: Act.LISTEN,
        Ping: Act.LISTEN,
    }
)

ROUTES: Mapping[str, Act] = MappingProxyType(
    {
        "static": Act.READ_BOARD,
        "health.healthz": Act.OPERATE,
        "health.readyz": Act.OPERATE,
        "health.metrics": Act.OPERATE,
        "live_address.plain": Act.ENTER,
        "live_address.bare": Act.ENTER,
        "api.openapi_document": Act.ENTER,
        "api.redeem_organiser_link": Act.ENTER,
        "api.create_meeting": Act.CREATE_MEETING,
        "api.read_meeting": Act.READ_BOARD,
        "api.change_meeting": Act.ORGANISE,
        "api.join": Act.ENTER,
        "api.invite": Act.ORGANISE,
        "api.redeem_invitation": Act.ENTER,
        "api.ask": Act.ASK,
        "api.questions": Act.READ_BOARD,
        "api.question": Act.READ_BOARD,
        "api.mine": Act.READ_OWN,
        "api.withdraw": Act.WITHDRAW,
        "api.waiting": Act.READ_WAITING,
        "api.list_question": Act.LIST,
        "api.screen": Act.SCREEN_OUT,
        "api.merge_question": Act.MERGE,
        "api.split_question": Act.SPLIT,
        "api.word_question": Act.WORD,
        "api.send_back_question": Act.SEND_BACK,
        "api.appeal_question": Act.APPEAL,
        "api.judge_question": Act.JUDGE,
        "api.similar_questions": Act.READ_WAITING,
        "api.dismiss_suggestion": Act.MERGE,
        "api.read_line": Act.READ_LINE,
        "api.arrange_line": Act.LINE_UP,
        "api.air_next": Act.PICK,
        "api.pick_question": Act.PICK,
        "api.return_question": Act.RETURN,
        "api.answer_question": Act.ANSWER,
        "api.skip_question": Act.SKIP,
        "api.live_ticket": Act.LISTEN,
        "api.cast_vote": Act.VOTE,
        "api.read_votes": Act.READ_OWN,
        "pages.home": Act.ENTER,
        "pages.find": Act.ENTER,
        "pages.join_page": Act.ENTER,
        "pages.join": Act.ENTER,
        "pages.board": Act.READ_BOARD,
        "pages.ask": Act.ASK,
        "pages.cast_vote": Act.VOTE,
        "pages.question": Act.READ_BOARD,
        "pages.mine": Act.READ_OWN,
        "pages.withdraw": Act.WITHDRAW,
        "pages.fate": Act.READ_RECORD,  # the address itself is the proof
        "pages.device": Act.ENTER,
        "pages.make_device_link": Act.LINK_DEVICE,
        "pages.take_device": Act.ENTER,
        "pages.sign_out": Act.ENTER,
        "pages.screened_out": Act.READ_RECORD,
        "pages.screened_out_json": Act.READ_RECORD,
        "pages.screened_out_csv": Act.READ_RECORD,
        "log_files.checkpoint": Act.READ_RECORD,
        "log_files.kept_checkpoint": Act.READ_RECORD,
        "log_files.tile_file": Act.READ_RECORD,
        "log_files.verifier_key": Act.READ_RECORD,
        "log_files.trust_policy": Act.READ_RECORD,
        "log_files.public_states": Act.READ_RECORD,
        "log_files.tally": Act.READ_RECORD,
        "log_files.receipt": Act.READ_RECORD,
        "log_files.opening": Act.READ_RECORD,
        "log_files.archive": Act.READ_RECORD,
        "staff_pages.waiting": Act.READ_WAITING,
        "staff_pages.list_question": Act.LIST,
        "staff_pages.screen": Act.SCREEN_OUT,
        "staff_pages.invitation": Act.ENTER,
        "staff_pages.redeem_invitation": Act.ENTER,
        "staff_pages.organiser_link": Act.ENTER,
        "staff_pages.redeem_organiser_link": Act.ENTER,
        "staff_pages.meetings_list": Act.CREATE_MEETING,
        "staff_pages.new_meeting": Act.CREATE_MEETING,
        "staff_pages.create_meeting": Act.CREATE_MEETING,
        "staff_pages.organise": Act.ORGANISE,
        "staff_pages.change_phase": Act.ORGANISE,
        "staff_pages.switch": Act.ORGANISE,
        "staff_pages.change_windows": Act.ORGANISE,
        "staff_pages.invite": Act.ORGANISE,
        "staff_pages.make_roster": Act.ORGANISE,
        "staff_pages.import_roster": Act.ORGANISE,
        "staff_pages.confirm_phase": Act.ORGANISE,
        "staff_pages.settings": Act.ORGANISE,
        "staff_pages.change_settings": Act.ORGANISE,
        "staff_pages.issue_anew": Act.ORGANISE,
        "staff_pages.revoke": Act.ORGANISE,
        "staff_pages.roles": Act.READ_ROLES,
        "staff_pages.organiser_sign_out": Act.ENTER,
        "staff_pages.style": Act.ENTER,
        "staff_pages.logo": Act.ENTER,
        "staff_pages.policy": Act.ENTER,
    }
)
