//! What is overwritten, and what is left alone.

use serde_json::json;

use super::*;
use crate::capsules::tests::taken;
use crate::capsules::{Asked, Bytes, Exchange};
use crate::chat::{Event, Turn};

/// A turn in which somebody has said this.
fn said(text: &str) -> Capsule {
    taken("bot", "c1", text).into()
}

fn by(rules: &[Rule]) -> Settings {
    Settings {
        redact: rules.iter().copied().collect(),
        ..Settings::default()
    }
}

fn turn(capsule: &Capsule) -> &Turn {
    let Asked::Turn { turn, .. } = &capsule.asked else {
        panic!("it is a bot's")
    };
    turn
}

fn text(capsule: &Capsule) -> &str {
    let Event::Text(message) = &turn(capsule).event else {
        panic!("it is a text")
    };
    &message.text
}

fn names(capsule: &Capsule) -> Vec<&str> {
    capsule.redacted.iter().map(String::as_str).collect()
}

/// What a text becomes by one rule.
#[track_caller]
fn becomes(rule: Rule, before: &str, after: &str) {
    let redacted = redacted(&said(before), &[], &by(&[rule])).expect("it is redacted");
    assert_eq!(text(&redacted), after);
    assert_eq!(before.len(), after.len(), "{before}");
    let is_another = before != after;
    assert_eq!(
        names(&redacted),
        if is_another {
            vec![rule.name()]
        } else {
            vec![]
        },
        "{before}"
    );
    assert_eq!(redacted.promises_all(), !is_another);
}

#[test]
fn addresses_of_email_are_found_and_nothing_else() {
    becomes(
        Rule::Email,
        "to jo.doe+x@mail.example.com, now",
        "to xx.xxx+x@xxxx.xxxxxxx.xxx, now",
    );
    becomes(Rule::Email, "jö@exämple.de", "xxx@xxxxxxxx.xx");
    becomes(
        Rule::Email,
        "?m=jo%40example.com&x",
        "?m=xx%40xxxxxxx.xxx&x",
    );
    becomes(
        Rule::Email,
        r#"{"m":"jo\u0040example.com"}"#,
        r#"{"m":"xx\u0040xxxxxxx.xxx"}"#,
    );
    for nothing in ["@jo", "jo@", "jo@host", "5 @ 3.50 each", "a.b.c", ""] {
        becomes(Rule::Email, nothing, nothing);
    }
}

#[test]
fn numbers_of_cards_are_found_by_their_check_digit() {
    becomes(Rule::Card, "4111 1111 1111 1111!", "1111 1111 1111 1111!");
    becomes(Rule::Card, "5555-5555-5555-4444", "1111-1111-1111-1111");
    becomes(Rule::Card, "378282246310005", "111111111111111");
    // Whatever stands beside it.
    for (before, after) in [
        ("4111111111111111 12/27 123", "1111111111111111 12/27 123"),
        ("1 4111 1111 1111 1111", "1 1111 1111 1111 1111"),
        ("order 77 4111111111111111", "order 77 1111111111111111"),
        ("card:4111.1111.1111.1111_", "card:1111.1111.1111.1111_"),
        ("x4111111111111111x", "x1111111111111111x"),
        (
            "n=4111%201111+1111%C2%A01111",
            "n=1111%201111+1111%78%781111",
        ),
    ] {
        becomes(Rule::Card, before, after);
    }
    for nothing in ["4111 1111 1111 1112", "4222", "order 1234567890123"] {
        becomes(Rule::Card, nothing, nothing);
    }
}

#[test]
fn telephone_numbers_are_found_where_they_look_like_one() {
    becomes(
        Rule::Phone,
        "call +49 170 1234567.",
        "call +11 111 1111111.",
    );
    becomes(Rule::Phone, "030/901820", "111/111111");
    becomes(Rule::Phone, "(555) 123-4567", "(111) 111-1111");
    for nothing in ["order 4711", "2026-01-31", "1 of 12", "12345678"] {
        becomes(Rule::Phone, nothing, nothing);
    }
}

#[test]
fn what_the_platform_says_of_the_consumer_keeps_its_shape_and_says_nothing() {
    let mut capsule = said("hello");
    let Asked::Turn { turn: asked, .. } = &mut capsule.asked else {
        panic!("it is a bot's")
    };
    let personal =
        json!({ "name": "Jo", "age": 42, "of": [{ "is": true }], "x": -1.5 }).to_string();
    asked.conversation.visitor = Some(personal.clone());
    asked.conversation.engagement_attributes = Some(personal.clone());
    asked.platform_event = Some(personal.clone());
    let masked = json!({ "name": "xx", "age": 11, "of": [{ "is": true }], "x": -1.1 }).to_string();
    for rule in [
        Rule::Visitor,
        Rule::EngagementAttributes,
        Rule::PlatformEvent,
    ] {
        let redacted = redacted(&capsule, &[], &by(&[rule])).expect("it is redacted");
        let turn = turn(&redacted);
        let places = [
            (Rule::Visitor, &turn.conversation.visitor),
            (
                Rule::EngagementAttributes,
                &turn.conversation.engagement_attributes,
            ),
            (Rule::PlatformEvent, &turn.platform_event),
        ];
        for (place, found) in places {
            let wanted = if place == rule { &masked } else { &personal };
            assert_eq!(found.as_ref(), Some(wanted), "{rule:?} at {place:?}");
        }
        assert_eq!(names(&redacted), [rule.name()]);
        assert_eq!(text(&redacted), "hello");
    }
}

#[test]
fn all_that_is_said_is_overwritten_if_that_is_wanted() {
    becomes(Rule::Text, "Where is it, 42?", "xxxxx xx xx, 11?");
    let mut capsule = said("x");
    capsule.ended.log = vec![crate::capsules::Logged {
        level: "info".to_owned(),
        message: "asked by Jo".to_owned(),
    }];
    let redacted = redacted(&capsule, &[], &by(&[Rule::Text])).expect("it is redacted");
    assert_eq!(redacted.ended.log[0].message, "xxxxx xx xx");
    assert_eq!(redacted.ended.outcome, capsule.ended.outcome);
}

#[test]
fn expressions_of_ones_own_are_counted_from_one() {
    let pattern = |text: &str| Pattern::try_from(text.to_owned());
    let settings = Settings {
        redact: BTreeSet::new(),
        redact_patterns: vec![
            pattern("nowhere").expect("an expression"),
            pattern(r"K-\d{4}").expect("an expression"),
        ],
        ..Settings::default()
    };
    let redacted = redacted(&said("of K-1234 and K-12"), &[], &settings).expect("it is redacted");
    assert_eq!(text(&redacted), "of x-1111 and K-12");
    assert_eq!(names(&redacted), ["pattern 2"]);
    for wrong in ["(", "[a-", "a{1000}{1000}{1000}"] {
        let told = pattern(wrong).expect_err("it is none").to_string();
        assert!(!told.is_empty());
    }
}

#[test]
fn a_secret_is_overwritten_in_every_form_and_that_is_nobodys_loss() {
    const VALUE: &str = "open sesame & \"more\"/+";
    let secrets = [VALUE.to_owned()];
    let mut forms_found = 0;
    for form in forms(VALUE) {
        let capsule = said(&format!("<{form}> {form}"));
        let redacted = redacted(&capsule, &secrets, &by(&[])).expect("it is redacted");
        assert!(!text(&redacted).contains(&form), "{}", text(&redacted));
        assert_eq!(text(&redacted).len(), text(&capsule).len());
        assert_eq!(names(&redacted), ["secrets"]);
        forms_found += 1;
    }
    assert!(forms_found > 5);
}

#[test]
fn bytes_that_are_no_text_are_looked_through_as_bytes() {
    let secrets = ["open sesame".to_owned()];
    let body = [&[0xff, 0xfe][..], b"open sesame jo@example.com", &[0]].concat();
    let mut capsule = said("x");
    capsule.told.http.push(Exchange {
        method: "POST".to_owned(),
        url: "https://example.com/open%20sesame".to_owned(),
        headers: vec![("x-word".to_owned(), "open sesame".to_owned())],
        body: Some(Bytes(body)),
        answer: Err(crate::bindings::http::HttpError::Timeout),
        charged: 1,
    });
    let redacted = redacted(&capsule, &secrets, &by(&[Rule::Email])).expect("it is redacted");
    let exchange = &redacted.told.http[0];
    let wanted = [&[0xff, 0xfe][..], b"*********** xx@xxxxxxx.xxx", &[0]].concat();
    assert_eq!(exchange.body, Some(Bytes(wanted)));
    assert_eq!(exchange.headers[0].1, "***********");
    assert!(!exchange.url.contains("sesame"), "{}", exchange.url);
    assert_eq!(names(&redacted), ["email"]);
}

#[test]
fn a_secret_that_every_capsule_says_cannot_be_taken_out() {
    for fixed in ["bot-trapped", "environment", "retort-capsule"] {
        let secrets = [fixed.to_owned()];
        let refused = redacted(&said("hello"), &secrets, &by(&[]));
        assert!(refused.is_err(), "{fixed}");
    }
}

#[test]
fn what_is_left_alone_is_the_same_to_the_byte() {
    let capsule = said("nothing personal");
    let redacted = redacted(&capsule, &["open sesame".to_owned()], &Settings::default());
    assert_eq!(redacted.expect("it is redacted").bytes(), capsule.bytes());
}

#[test]
fn what_the_bot_says_again_of_the_consumer_is_overwritten_there_too() {
    let mut capsule = said("x");
    let Asked::Turn { turn: asked, .. } = &mut capsule.asked else {
        panic!("it is a bot's")
    };
    let visitor = json!({ "name": "Jane Roe", "id": 123_456, "lang": "en" });
    asked.conversation.visitor = Some(visitor.to_string());
    capsule.ended.cause = Some("no order of Jane Roe, 123456, in en".to_owned());
    let redacted = redacted(&capsule, &[], &by(&[Rule::Visitor])).expect("it is redacted");
    let cause = redacted.ended.cause.as_deref();
    assert_eq!(cause, Some("no order of xxxx xxx, 111111, in en"));
}

#[test]
fn the_hosts_own_words_are_left_to_read_the_file_by() {
    use crate::bindings::http::HttpError;
    use crate::state::Scope;

    let mut capsule = said("x");
    let Asked::Turn { turn: asked, .. } = &mut capsule.asked else {
        panic!("it is a bot's")
    };
    asked.event = Event::ConversationClosed;
    capsule.ended.cause = Some("Error: no order for Jane".to_owned());
    capsule.told.http = vec![Exchange {
        method: "GET".to_owned(),
        url: "https://a.example/Jane".to_owned(),
        headers: vec![("x-name".to_owned(), "Jane".to_owned())],
        body: Some(Bytes(b"\xffJane".to_vec())),
        answer: Err(HttpError::Timeout),
        charged: 1,
    }];
    capsule.told.state = vec![crate::capsules::Found {
        scope: Scope::Conversation,
        last: 1,
        entries: vec![crate::capsules::Value {
            key: "Jane".to_owned(),
            value: Bytes(b"Jane".to_vec()),
            revision: 1,
        }],
    }];
    let redacted = redacted(&capsule, &[], &by(&[Rule::Text])).expect("it can be read");
    let bytes = redacted.bytes();
    let shown = String::from_utf8_lossy(&bytes);
    assert!(!shown.contains("Jane"), "{shown}");
    assert_eq!(redacted.told.http[0].answer, Err(HttpError::Timeout));
    assert_eq!(redacted.told.state[0].scope, Scope::Conversation);
    assert_eq!(turn(&redacted).event, Event::ConversationClosed);
}

#[test]
fn nothing_hides_beside_bytes_nor_in_names_and_numbers() {
    let mut capsule = said("x");
    capsule.ended.said = Some(json!({
        "base64": "AAAA",
        "note": "jo@example.com",
        "jo@example.com": 4_111_111_111_111_111_u64,
    }));
    let rules = by(&[Rule::Email, Rule::Card]);
    let redacted = redacted(&capsule, &[], &rules).expect("it is redacted");
    let wanted = json!({ "base64": "AAAA", "note": "xx@xxxxxxx.xxx", "xx@xxxxxxx.xxx": 1_111_111_111_111_111_u64 });
    assert_eq!(redacted.ended.said, Some(wanted));
}

#[test]
fn a_secret_that_the_bot_was_told_makes_it_another_turn() {
    let secrets = ["attached-secret".to_owned()];
    let redacted = |capsule: &Capsule| redacted(capsule, &secrets, &by(&[])).expect("redacted");
    let told = redacted(&said("it is attached-secret"));
    assert_eq!(
        (text(&told), names(&told)),
        ("it is ***************", vec!["secrets"])
    );
    // What it said itself it says again.
    let mut capsule = said("x");
    capsule.ended.cause = Some("attached-secret".to_owned());
    let own = redacted(&capsule);
    assert!(own.promises_all());
    // Two that overlap are gone whole.
    let secrets = ["abcdefghij".to_owned(), "ghijklmnop".to_owned()];
    let both = super::redacted(&said("abcdefghijklmnop"), &secrets, &by(&[])).expect("redacted");
    assert_eq!(text(&both), "*".repeat(16));
}
