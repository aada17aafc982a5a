//! The pages in English.

use super::{
    AddressTexts, ClassTexts, FailureTexts, FrameTexts, HomeTexts, RemovalTexts, StatisticsTexts, StopTexts,
    Texts, UnitTexts, VerdictTexts,
};
use super::{
    api, console, feedback, glance, log, many, network, open_data, policy, proof, seen, short, using,
};

/// The pages in English.
pub(crate) static ENGLISH: Texts = Texts {
    frame: FRAME,
    units: UNITS,
    home: HOME,
    short: short::ENGLISH,
    using: using::ENGLISH,
    open_data: open_data::ENGLISH,
    api: api::ENGLISH,
    log: log::ENGLISH,
    address: ADDRESS,
    glance: glance::ENGLISH,
    seen: seen::ENGLISH,
    many: many::ENGLISH,
    classes: CLASSES,
    causes: super::causes::ENGLISH,
    removal: REMOVAL,
    proof: proof::ENGLISH,
    policy: policy::ENGLISH,
    stop: STOP,
    network: network::ENGLISH,
    feedback: feedback::ENGLISH,
    statistics: STATISTICS,
    console: console::ENGLISH,
    failure: FAILURE,
};

const FRAME: FrameTexts = FrameTexts {
    tag: "en",
    skip: "Skip to the content",
    look_up: "Look up",
    policy: "Policy",
    pages: "Pages",
    other_language: "Español",
    state: |zone, serial| format!("{zone} at serial {serial}"),
    free: "Being listed, looking up and leaving cost nothing, ever.",
};

const UNITS: UnitTexts = UnitTexts {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: |day, month, year| format!("{day} {month} {year}"),
    days: ["day", "days"],
    hours: ["hour", "hours"],
    minutes: ["minute", "minutes"],
    seconds: ["second", "seconds"],
    decimal: '.',
    thousands: ',',
    and: "and",
};

const HOME: HomeTexts = HomeTexts {
    title: "Is an address on the list?",
    lead: |organisation| {
        format!(
            "{organisation} watches spam arrive, publishes the addresses that send it so that mail servers can refuse it, \
             and helps their holders to stop it and leave."
        )
    },
    label: "Address, range or domain",
    hint: "For example 192.0.2.99, 2001:db8::1, 192.0.2.0/24 or example.org. The message that refused your mail names the address.",
    button: "Look up",
    refused_title: "Was your mail refused?",
    refused: "Look up the address that the message names. You will see why it is listed, since when and until when, what we saw, \
              what to put right, and how to leave at once.",
    server_title: "Do you run a mail server?",
    server: |zone| {
        format!("Ask the zone {zone} in DNS, as RFC 5782 describes. Try it first with a warning or a score.")
    },
    network_title: "Do you run a network?",
    network: "When an address of yours is listed on evidence, we write to its abuse contact and show what we saw, less often where \
              there is much. Every message says how to stop them.",
    codes_title: "What the answers mean",
    code: "Answer",
    class: "Class",
    meaning: "Meaning",
    size: |count| format!("Listings now: {count}."),
};

const ADDRESS: AddressTexts = AddressTexts {
    listed: "Listed",
    not_listed: "Not listed",
    allowed: "On the allow list",
    reserved: "Never listed",
    test_entry: "Test entry",
    lead_effect: "Mail servers that use this list may refuse mail from this address.",
    lead_listed: |since| format!("It has been on the list since {since}."),
    lead_until: |until| format!("It leaves by itself on {until}, unless more is seen before."),
    lead_endless: "It stays until it is taken out by hand.",
    lead_not_listed: "This list gives no mail server a reason to refuse its mail. Where mail is refused all the same, the message of \
                      refusal names another cause.",
    lead_left: |date| format!("It was on the list before, and left on {date}."),
    lead_allowed: |prefix| format!("Whatever is seen, nothing in {prefix} is listed."),
    lead_reserved: "This address does not name one machine of the Internet, so it can never be listed. It is reserved for:",
    lead_test_entry: "Every DNS list has addresses that are always listed, so that its users can check that it answers \
                      (RFC 5782 section 5). No mail comes from this one.",
    unit_note: |unit| {
        format!(
            "An IPv6 address is listed together with its /64, because one subscriber holds all of it: here {unit}."
        )
    },
    scope_note: |prefix| format!("It is listed as a part of the wider range {prefix}, not for itself alone."),
    at_serial: |zone, serial| format!("As {zone} answers in DNS at serial {serial}."),
    no_details_title: "Details are not available right now",
    no_details: "The answer above is sure: it is the one that DNS gives. The reason, since when, the rule, evidence, history and \
                 removal need the database, which does not answer at the moment. Please come back in a few minutes.",
    why: "Why it is listed",
    scope: "Scope",
    scope_address: "This address alone",
    scope_unit: |unit| format!("The /64 {unit}"),
    scope_range: |prefix| format!("The range {prefix}"),
    code: "Answer in DNS",
    reason: "Reason",
    say_why: ToString::to_string,
    since: "Since",
    until: "Until",
    endless: "Until it is taken out by hand",
    rule: "Rule",
    rule_with_score: |rule, score| format!("{rule}, at a score of {score}"),
    serial: "Serial",
    steps: "What to do now",
    evidence: "What we saw",
    evidence_note: "Times are in UTC. Addresses of our traps are replaced by “hidden-…”, so that senders cannot learn to avoid them.",
    evidence_count: |shown, all| format!("The newest {shown} of {all} messages."),
    evidence_none: "Nothing was seen from this address.",
    seen_at: "Time",
    sensor: "Seen by",
    helo: "Called itself",
    sender: "Sender’s domain",
    sender_none: "None (a bounce)",
    subject: "Subject",
    size: "Size",
    from_address: "From",
    system: "Runs on",
    system_likely: |label| format!("Perhaps {label}"),
    system_unknown: "Unknown system",
    dialect: "Speaks like",
    dialect_known: str::to_owned,
    dialect_unknown: |id| format!("No program that we know (dialect {id})"),
    empty: "(empty)",
    backscatter: "A bounce of mail that somebody else had forged: kept, not counted",
    unproven: "Proves nothing against the address: kept, not counted",
    history: "History",
    history_none: "This address was never on the list.",
    verdicts: VerdictTexts {
        listed: |class| format!("Listed: {class}"),
        extended: |class, until| format!("Extended until {until}: {class}"),
        withdrawn: |class| format!("Left: {class}"),
        allowed: "Put on the allow list",
        disallowed: "Taken off the allow list",
    },
    notices: "Whom we told",
    notice: |date, domain| format!("{date}: the abuse contact at {domain}"),
    as_json: "The same as JSON",
};

const CLASSES: [ClassTexts; 6] = [
    ClassTexts {
        name: "Listed by hand",
        meaning: "Our postmaster listed it after looking at the case.",
        steps: &[
            "Read the reason above and put right what it names.",
            "Write to our postmaster, name the address and say what you did.",
        ],
    },
    ClassTexts {
        name: "Spam seen",
        meaning: "Mail from this address reached our traps: mailboxes that nobody uses and that never asked for any mail.",
        steps: &[
            "Find out who or what sent the mail below: compare its time, its sender and its subject with the log of your mail server.",
            "Stop it. Change the passwords of misused accounts, close or update the script, form or plug-in that sent it, and take \
             bought or collected addresses off your mailing lists.",
            "Make sure that only your mail server sends mail: block outgoing port 25 for every other machine.",
            "Then leave the list, just below.",
        ],
    },
    ClassTexts {
        name: "Exploited machine",
        meaning: "The machine behind this address shows the signs of malware or of a stolen login that sends mail.",
        steps: &[
            "Look for malware on every machine that uses this address. Where many share it, it can be any of them.",
            "Change the passwords of mail accounts, control panels and file transfer, from a clean machine.",
            "Block outgoing port 25 for every machine but your mail server.",
            "Then leave the list, just below.",
        ],
    },
    ClassTexts {
        name: "Hijacked network",
        meaning: "The network is announced by somebody who has no right to it.",
        steps: &[
            "Check who may announce it: route objects, RPKI and the record of your registry.",
            "Write to our postmaster and show who holds the network.",
        ],
    },
    ClassTexts {
        name: "Sends no mail, says its network",
        meaning: "The network that holds this address says that it sends no mail directly to other servers.",
        steps: &[
            "Send through the mail server of your provider, with your login (port 465 or 587).",
            "If you must send directly, ask your network to change what it declares.",
        ],
    },
    ClassTexts {
        name: "Should send no mail directly",
        meaning: "Addresses of this kind, such as those that change from day to day, should send through a mail server.",
        steps: &[
            "Send through the mail server of your provider, with your login (port 465 or 587).",
            "If this is a mail server with a fixed address and a reverse name of its own, write to our postmaster.",
        ],
    },
];

const REMOVAL: RemovalTexts = RemovalTexts {
    title: "Leave the list",
    now: "You can leave now. Nobody asks questions, nobody charges anything.",
    comes_back: |wait| {
        format!("If spam is seen again, the address comes back, and can then be removed only after {wait}.")
    },
    comes_back_free: "If spam is seen again, the address comes back.",
    button: |unit| format!("Remove {unit}"),
    wait: |date| format!("This address left before and came back. It can be removed from {date} on."),
    wait_short: |end| format!("If nothing more is seen, it leaves by itself on {end} in any case."),
    will_stay: |listings| format!("The rest stays, because it is taken out by hand: {listings}."),
    by_hand: "Listings of this class are taken out by hand.",
    by_hand_range: |prefix| {
        format!(
            "The whole range {prefix} is listed, so one address alone cannot leave. Ranges are taken out by hand."
        )
    },
    write: "Write to our postmaster, who answers within two days:",
    mail_subject: |address| format!("Removal of {address}"),
    left: |unit| format!("{unit} has left the list"),
    left_in_part: |unit| format!("{unit} is still on the list"),
    in_part: |classes, serial| format!("What can be removed here has left, with serial {serial}: {classes}."),
    in_zone: |serial| format!("Our name servers have stopped listing it, as of serial {serial}."),
    on_its_way: |serial| {
        format!("It is decided, with serial {serial}. Our name servers will follow within seconds.")
    },
    cached: |ttl| {
        format!(
            "Mail servers that asked shortly before may remember the old answer for up to {ttl}. Then they accept your mail again."
        )
    },
    staying: "This still covers the address, and is taken out by hand:",
    look_again: "Look the address up again",
    not_yet: |unit| format!("{unit} cannot leave yet"),
    was_not_listed: |address| format!("{address} is not on the list"),
    was_not_listed_text: "There was nothing to remove. Perhaps somebody was faster, or the listing had reached its end.",
    only_by_hand: |address| format!("{address} is taken out by hand"),
    too_many: "You have removed many addresses",
    too_many_text: |date| {
        format!(
            "To keep machines from emptying the list, removals are limited. You can go on from {date} on at the latest."
        )
    },
};

const STOP: StopTexts = StopTexts {
    title: "Stop our notices",
    question: |contact| format!("We write to {contact} when an address of its network is listed."),
    consequence: "Press the button and we never write there again. Addresses are listed and can leave as before; only the notices \
                  end.",
    button: "Stop the notices",
    stopped: "No more notices",
    stopped_text: |contact| format!("We will not write to {contact} again."),
    undo: "Should you want them back, write to our postmaster:",
};

const STATISTICS: StatisticsTexts = StatisticsTexts {
    title: "Statistics",
    home_title: "Who sends it?",
    home: "Every day we count who sent to our traps: which botnets, from which countries and networks, at which hours.",
    today: |addresses, recipients| format!("Today so far: {addresses} addresses, {recipients} recipients"),
    earlier: "Day before",
    later: "Day after",
    week: "These 7 days",
    month: "These 30 days",
    ranked_by: "Ranked by",
    days: "Other days",
    first: "From",
    last: "To",
    show: "Show",
    report: "Report to keep or to mail",
    json: "Everything as JSON",
};

const FAILURE: FailureTexts = FailureTexts {
    bad_address: "That is not an address",
    bad_empty: "Write the IPv4 or IPv6 address that you want to look up, such as 192.0.2.99 or 2001:db8::1.",
    bad_prefix: |text| {
        format!("“{text}” is a range. Look up one address of it; its page tells whether the range is listed.")
    },
    bad_name: |text| {
        format!(
            "“{text}” looks like a name. This list holds addresses: look up the IPv4 or IPv6 address that the name has."
        )
    },
    bad_zone: |text| format!("“{text}” names an interface behind the % sign. Leave that part out."),
    bad_other: |text| {
        format!("“{text}” is no IPv4 or IPv6 address. Write it like 192.0.2.99 or 2001:db8::1.")
    },
    bad_request: "The request cannot be understood",
    bad_request_text: "Some part of it is malformed. Start again from the first page.",
    cross_site: "The request came from another site",
    cross_site_text: "To keep other sites from acting in your name, the button must be pressed on our own page.",
    not_found: "There is no such page",
    not_found_text: "The link may be incomplete. Look up an address, or read the policy.",
    bad_day: "These are not days",
    bad_day_text: |text| format!("“{text}” is no day. Write it like 2026-12-31."),
    bad_days_text: |most| format!("The first day comes before the last, and there are {most} at most."),
    no_day: "Nothing is known of that day",
    no_day_text: |days| {
        format!(
            "Nothing was counted on {days}. It may have been before we began, be too long ago, or not have come yet."
        )
    },
    no_notice: "This link is not valid",
    no_notice_text: "It belongs to no notice that we know of. Copy the whole link from the notice, or write to our postmaster.",
    method: "That does not work here",
    method_text: "The page exists, but not for this kind of request.",
    too_large: "The request is too large",
    too_large_text: "Our forms send almost nothing. Start again from the first page.",
    too_often: "Too many requests",
    too_often_text: "Please wait a minute, then try again.",
    internal: "Something broke on our side",
    internal_text: "It has been recorded. Please try again in a moment.",
    not_loaded: "The list is being loaded",
    not_loaded_text: "The server has just started and cannot say yet who is listed. Please try again in a moment.",
    unavailable: "This cannot be done right now",
    unavailable_text: "The database does not answer, or too much is going on. Please try again in a few minutes.",
    unsure_text: "The database does not answer, or too much is going on. What you asked for may have been done all the same: look the \
                  address up in a few minutes to see.",
};
