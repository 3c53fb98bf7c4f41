//! Whole conversations with a partner who says what it is told to, without a sandbox.

use serde_json::{Value, json};

use super::*;

/// Says these, one after the other.
struct Parrot {
    replies: VecDeque<Value>,
    heard: Vec<Said>,
}

impl Partner for Parrot {
    async fn hear(&mut self, said: Said) -> Turn {
        self.heard.push(said);
        let reply = self.replies.pop_front();
        let result = reply.map(|reply| serde_json::from_value(reply).expect("a reply"));
        Turn {
            result: result.ok_or_else(|| "the bot has nothing to say".to_owned()),
            log: vec!["info: heard".to_owned()],
            fuel: 10,
            memory_bytes: 1,
            wall: Duration::from_millis(1),
        }
    }
}

fn texts(texts: &[&str]) -> Value {
    let part = |text: &&str| json!({ "Text": { "text": text, "metadata": null, "encoded_metadata": null } });
    let parts: Vec<_> = texts.iter().map(part).collect();
    json!({ "Answer": { "parts": parts, "action": null, "intents": [], "encoded_metadata": null } })
}

fn suite(files: &[(&str, &str)]) -> Result<Suite, crate::kit::Unread> {
    let named = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Suite::of(&files.iter().map(named).collect())
}

async fn played(suite: &Suite, replies: &[Value]) -> (Played, Vec<Said>) {
    let mut parrot = Parrot {
        replies: replies.iter().cloned().collect(),
        heard: Vec::new(),
    };
    let case = suite.cases.first().expect("a case");
    let played = play(case, suite, &mut parrot).await;
    (played, parrot.heard)
}

/// The line and the words of what fails in a conversation, if something does.
async fn verdict(script: &str, replies: &[Value]) -> Option<(usize, String)> {
    let suite = suite(&[
        ("a.convo.txt", script),
        ("hi.utterances.txt", "UTT_HI\nhello\nhi %s there\n"),
    ]);
    let (played, _) = played(&suite.expect("a suite"), replies).await;
    played
        .failure
        .map(|failure| (failure.place.line, failure.what))
}

#[tokio::test]
async fn a_conversation_that_the_bot_begins_begins_with_a_welcome() {
    let begun = suite(&[("a.convo.txt", "x\n#bot\nHello\n#me\nyou\n#bot\n*")]).expect("a suite");
    let (first, heard) = played(&begun, &[texts(&["Hello!"]), texts(&["yes"])]).await;
    assert_eq!(
        (first.failure, heard),
        (None, vec![Said::Welcome, Said::Text("you".to_owned())])
    );
    let asked = suite(&[("a.convo.txt", "x\n#me\nyou\n#bot\nno")]).expect("a suite");
    let (second, heard) = played(&asked, &[texts(&["yes"])]).await;
    assert_eq!(heard, [Said::Text("you".to_owned())]);
    let failure = second.failure.expect("a failure");
    assert_eq!(
        (failure.expected, failure.actual.as_deref()),
        (vec!["no".to_owned()], Some("yes"))
    );
    let who: Vec<_> = second.entries.iter().map(|entry| entry.who).collect();
    assert_eq!(who, [Who::Me, Who::Bot, Who::Log]);
}

#[tokio::test]
async fn what_is_said_again_to_another_bot_goes_on_whatever_that_one_says() {
    let script =
        "x\n#bot\nTicket $ticket.\n#me\nclose $ticket\n#bot\nclosed\n#me\nbye\n#end\nBOT_CONSUMED";
    let suite = suite(&[("a.convo.txt", script)]).expect("a suite");
    let case = suite.cases.first().expect("a case");
    let said = ["", "close 17", "bye"].map(str::to_owned);
    for (first, closes) in [("Ticket 18.", "close 18"), ("Number 18.", "close 17")] {
        let mut parrot = Parrot {
            replies: [texts(&[first]), texts(&["done", "so"]), texts(&["bye"])].into(),
            heard: Vec::new(),
        };
        let again = repeat(case, &suite, &said, &mut parrot).await;
        assert_eq!((again.failure, again.turns.len()), (None, 3));
        let text = |text: &str| Said::Text(text.to_owned());
        assert_eq!(parrot.heard, [Said::Welcome, text(closes), text("bye")]);
    }
    let mut silent = Parrot {
        replies: [texts(&["Ticket 18."])].into(),
        heard: Vec::new(),
    };
    let again = repeat(case, &suite, &said, &mut silent).await;
    let failure = again.failure.expect("it has nothing to say");
    assert_eq!((failure.place.line, again.turns.len()), (4, 2));
}

#[tokio::test]
async fn each_step_looks_at_the_next_message_as_botium_does() {
    let two = [texts(&["one", "two"]), texts(&["three"])];
    assert_eq!(verdict("x\n#me\na\n#bot\none\n#bot\ntwo", &two).await, None);
    let unread = "x\n#me\na\n#bot\none\n#me\nb\n#bot\ntwo\n#end\nBOT_UNCONSUMED_COUNT 1";
    assert_eq!(verdict(unread, &two).await, None);
    let skipped =
        "x\n#me\na\n#bot\none\nSKIP_BOT_UNCONSUMED\n#me\nb\n#bot\nthree\n#end\nBOT_CONSUMED";
    assert_eq!(verdict(skipped, &two).await, None);
    let anywhere = "x\n#end\nBOT_UNCONSUMED_COUNT 1\n#me\na\n#begin\nBOT_CONSUMED\n#bot\none";
    assert_eq!(verdict(anywhere, &two).await, None);
    let silent = verdict("x\n#me\na\n#bot\none\n#bot\ntwo\n#bot\n", &two).await;
    assert_eq!(silent, Some((8, "the bot said nothing more".to_owned())));
    assert_eq!(
        verdict("x\n#me\na\n#bot\none", &[]).await,
        Some((2, "the bot has nothing to say".to_owned()))
    );
}

#[tokio::test]
async fn what_is_optional_may_be_missing_and_what_is_not_may_not_be_there() {
    let one = [texts(&["one"])];
    for (script, fails_at) in [
        ("x\n#me\na\n#bot\n?zero\n#bot\none", None),
        ("x\n#me\na\n#bot\none\n#bot\n?two", None),
        (
            "x\n#me\na\n#bot\none\n#bot\n?two\n#bot\n?three\n#end\nBOT_CONSUMED",
            None,
        ),
        ("x\n#me\na\n#bot\n?zero", Some(4)),
        ("x\n#me\na\n#bot\n?zero\n?BUTTONS\n#bot\none", None),
        ("x\n#me\na\n#bot\n?BUTTONS\n#bot\none", Some(4)),
        ("x\n#me\na\n#bot\n?\n#bot\n?", None),
        ("x\n#me\na\n#bot\n?zero\n#bot\ntwo", Some(6)),
        ("x\n#me\na\n#bot\n!two", None),
        ("x\n#me\na\n#bot\n!one", Some(4)),
    ] {
        let failed = verdict(script, &one).await;
        assert_eq!(failed.map(|(line, _)| line), fails_at, "{script}");
    }
}

#[tokio::test]
async fn words_stand_for_phrases_on_both_sides() {
    let files = [
        ("a.convo.txt", "x\n#me\nUTT_HI you\n#bot\nUTT_HI me"),
        ("hi.utterances.txt", "UTT_HI\nhello\nhi %s there\n"),
    ];
    let suite = suite(&files).expect("a suite");
    let names: Vec<_> = suite.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["x/UTT_HI-L1", "x/UTT_HI-L2"]);
    let (first, heard) = played(&suite, &[texts(&["Hi me there!"])]).await;
    assert_eq!(
        (first.failure, heard),
        (None, vec![Said::Text("hello you".to_owned())])
    );
}

#[tokio::test]
async fn a_button_says_what_is_written() {
    let files = [
        ("a.convo.txt", "x\n#me\nBUTTON UTT_HI\n#bot\n*"),
        ("hi.utterances.txt", "UTT_HI\nhello\nhi\n"),
    ];
    let suite = suite(&files).expect("a suite");
    let (first, heard) = played(&suite, &[texts(&["yes"])]).await;
    let said = [Said::Text("UTT_HI".to_owned())];
    assert_eq!((first.failure, heard.as_slice()), (None, said.as_slice()));
}

#[tokio::test]
async fn a_word_is_remembered_from_what_the_bot_said() {
    let script = "x\n#me\na\n#bot\nOrder $id is there\n#me\n$id?\n#bot\n$id";
    let replies = [texts(&["Order 17 is there"]), texts(&["18"])];
    assert_eq!(
        verdict(script, &replies).await.map(|(line, _)| line),
        Some(8)
    );
}

#[tokio::test]
async fn what_a_reply_has_beside_its_texts_can_be_claimed() {
    let rich = json!({ "type": "vertical", "elements": [
        { "type": "text", "text": "Your parcel" },
        { "type": "image", "url": "https://example.com/p.png" },
        { "type": "button", "title": "A person", "click": { "actions": [{ "type": "publishText", "text": "person" }] } },
    ] });
    let reply = json!({ "Answer": {
        "parts": [
            { "StructuredContent": { "content": rich, "metadata": null, "encoded_metadata": null } },
            { "PrivateText": { "text": "be kind", "metadata": null, "encoded_metadata": null } },
        ],
        "action": { "Transfer": { "skill": "human", "agent_id": null } },
        "intents": [{ "id": "track", "name": null, "score": 0.9 }],
        "encoded_metadata": null,
    } });
    for (claim, holds) in [
        ("Your parcel\nBUTTONS a person\nCARDS\nMEDIA p.png", true),
        (
            "BUTTONS person|A Person\nBUTTONS_COUNT 1\nCARDS_COUNT >0\nMEDIA_COUNT <=1",
            true,
        ),
        ("!BUTTONS nobody", true),
        ("!BUTTONS nobody|person", false),
        ("INTENT track\nINTENT_CONFIDENCE 90\n!INTENT other", true),
        ("INTENT_CONFIDENCE 91", false),
        ("ACTION transfer|human\nNOTE kind\n!DELAY", true),
        ("ACTION close", false),
        ("!ACTION", false),
        (
            "TEXT_CONTAINS_ALL_IC your|PARCEL\nTEXT_REGEXP_ANY ^Your \\w+$\nRESPONSE_LENGTH 20",
            true,
        ),
        ("TEXT_EQUALS your parcel", false),
    ] {
        let script = format!("x\n#me\na\n#bot\n{claim}");
        let failed = verdict(&script, std::slice::from_ref(&reply)).await;
        assert_eq!(failed.is_none(), holds, "{claim}: {failed:?}");
    }
    let silent = "x\n#me\na\n#bot\nYour parcel\n#bot\nACTION transfer";
    assert_eq!(
        verdict(silent, &[reply]).await,
        None,
        "what is done is no message"
    );
}

#[tokio::test]
async fn what_a_button_says_is_compared_as_json() {
    let press = |text: &str| json!({ "actions": [{ "type": "publishText", "text": text }] });
    let reply = json!({ "Answer": {
        "parts": [{ "StructuredContent": {
            "content": { "type": "vertical", "elements": [
                { "type": "button", "title": "A", "click": press("say \"a\"") },
                { "type": "button", "title": "B", "click": press("{ \"size\": 5 }") },
                { "type": "button", "title": "C", "click": { "actions": [{ "type": "link" }] } },
            ] },
            "metadata": null,
            "encoded_metadata": null,
        } }],
        "action": null,
        "intents": [],
        "encoded_metadata": null,
    } });
    for (claim, holds) in [
        ("BUTTONS \"say|{\"size\":5}|c", true),
        ("BUTTONS say \"a\"", false),
        ("BUTTONS { \"size\": 5 }", false),
        ("BUTTONS \"C\"", false),
    ] {
        let script = format!("x\n#me\na\n#bot\n{claim}");
        let failed = verdict(&script, std::slice::from_ref(&reply)).await;
        assert_eq!(failed.is_none(), holds, "{claim}: {failed:?}");
    }
}

#[test]
fn partial_convos_are_included_and_never_for_ever() {
    let main = (
        "a.convo.txt",
        "x\n#begin\nBOT_CONSUMED\n#include LOGIN\n#bot\nHello\n",
    );
    let login = ("l.pconvo.txt", "LOGIN\n#begin\n#me\nlog in\n#end\n");
    let read = suite(&[main, login]).expect("a suite");
    let senders: Vec<_> = read
        .cases
        .iter()
        .flat_map(|case| &case.steps)
        .map(|step| step.sender)
        .collect();
    assert_eq!(senders, [Sender::Begin, Sender::Me, Sender::Bot]);
    let error = suite(&[main]).expect_err("no partial convo").to_string();
    assert!(
        error.starts_with("a.convo.txt:4: there is no partial convo \"LOGIN\""),
        "{error}"
    );
    let error = suite(&[main, ("l.pconvo.txt", "LOGIN\n#include LOGIN")]);
    assert!(
        error
            .expect_err("a circle")
            .to_string()
            .contains("includes itself")
    );
    // Twice twice twice: as many steps as nobody wrote.
    let doubling = |at: usize| {
        (
            format!("p{at}.pconvo.txt"),
            format!("P{at}\n#include P{0}\nP{0}\n", at + 1),
        )
    };
    let files: Vec<_> = (0..12).map(doubling).collect();
    let mut files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    files.extend([
        ("p12.pconvo.txt", "P12\n#bot\n"),
        ("a.convo.txt", "x\n#include P0"),
    ]);
    assert!(
        suite(&files)
            .expect_err("too many")
            .to_string()
            .contains("more than 1000 steps")
    );
}

#[test]
fn cases_are_bounded_and_some_are_skipped() {
    let phrases = (0..30).map(|at| format!("p{at}\n")).collect::<String>();
    let phrases = format!("UTT\n{phrases}");
    let files = [
        ("a.convo.txt", "x\n#me\nUTT\n#me\nUTT\n#me\nUTT"),
        ("u.utterances.txt", phrases.as_str()),
    ];
    assert!(
        suite(&files)
            .expect_err("too many")
            .to_string()
            .contains("more than 10000 cases")
    );
    let skipped = suite(&[
        ("a.convo.txt", "Skip-this\n#me\na"),
        ("skip_that.convo.txt", "that\n#me\n"),
        ("SKIP.u.utterances.txt", "UTT\n"),
        ("skip-table.convo.csv", ""),
        ("skipping.convo.txt", "this\n#me\na"),
    ]);
    let skipped = skipped.expect("a suite");
    assert_eq!((skipped.cases.len(), skipped.skipped), (1, 2));
    assert!(
        suite(&[("a.convo.csv", "")])
            .expect_err("csv")
            .to_string()
            .contains("not supported")
    );
}

#[test]
fn what_few_bytes_are_many_times_in_is_bounded() {
    let long = "x".repeat(200_000);
    let phrases = format!(
        "UTT\n{}",
        (0..10_000).map(|at| format!("{at}\n")).collect::<String>()
    );
    let refused = |convo: String| {
        let files = [
            ("a.convo.txt", convo.as_str()),
            ("b.convo.txt", &convo),
            ("p.pconvo.txt", &format!("PARTIAL\n#bot\n{long}")),
            ("u.utterances.txt", &phrases),
        ];
        suite(&files).expect_err("too much").to_string()
    };
    for convo in [
        format!("x\n#include {}", "PARTIAL\n".repeat(450)),
        format!("{long}\n#me\nUTT"),
        format!("x\n#me\nUTT\n#bot\n{long}"),
        format!("x\n#me\nUTT{}", "\n#bot".repeat(900)),
    ] {
        let error = refused(convo);
        assert!(error.contains("more than 128 MiB"), "{error}");
    }
    let error = refused(format!("x\n#me\nUTT {long}"));
    assert!(error.contains("more than 16 MiB"), "{error}");
}
