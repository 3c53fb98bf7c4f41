//! What the SDK for Rust builds, the host takes; and what both have a rule for, both refuse.

use proptest::prelude::*;
use retort::bindings::types;
use retort::chat::{Channel, Contract, Reply, ReplyLimits};
use retort_sdk::content::{
    Border, Button, Carousel, Click, Container, Element, Image, List, Map, Press, QuickReplies,
    Section, Size, Style, Text,
};
use retort_sdk::{
    Answer, FunctionInvocation, Intent, InvalidReply, Metadata, StructuredContent, Value, json,
};

/// Strict: what is not known is refused as well.
const LIMITS: ReplyLimits = ReplyLimits {
    bytes: 1 << 20,
    parts: 16,
    intents: 16,
    delay_seconds: 60,
    strict: true,
};

fn checked(answer: types::Answer) -> Result<(), String> {
    for contract in [Contract::CustomIntegration, Contract::CustomEndpoint] {
        let reply = types::Reply::Answer(answer.clone());
        Reply::check(reply, &Channel::Messaging, contract, &LIMITS)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn said(parts: Vec<types::Part>) -> types::Answer {
    types::Answer {
        parts,
        action: None,
        intents: Vec::new(),
        encoded_metadata: None,
    }
}

/// What the host says to a content, whoever wrote it.
fn sent(content: String, metadata: Option<String>) -> Result<(), String> {
    let content = types::StructuredContent {
        content,
        metadata,
        encoded_metadata: None,
    };
    checked(said(vec![types::Part::StructuredContent(content)]))
}

/// Texts of all kinds and of lengths around all limits; mostly right ones, or nothing would ever be built.
fn words() -> BoxedStrategy<String> {
    let lengths =
        prop::sample::select(vec![64, 65, 128, 129, 256, 257, 1_024, 2_000, 5_000, 5_001]);
    prop_oneof![
        12 => "[a-z\"\\\\ä€𝄞]{1,20}",
        1 => "\\PC{0,40}",
        1 => "[ \\n]{0,2}",
        1 => (prop::sample::select(vec!["x", "ä", "\"", "\u{1}"]), lengths).prop_map(|(c, times)| c.repeat(times)),
    ]
    .boxed()
}

fn degrees() -> BoxedStrategy<f64> {
    prop_oneof![8 => -90.0..=90.0, 1 => -200.0..200.0, 1 => prop::num::f64::ANY].boxed()
}

fn json_value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 20, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((words(), inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}

fn object() -> BoxedStrategy<Value> {
    prop_oneof![
        9 => prop::collection::vec((words(), json_value()), 0..3)
            .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        1 => json_value(),
    ]
    .boxed()
}

fn press() -> BoxedStrategy<Press> {
    prop_oneof![
        words().prop_map(Press::publish_text),
        words().prop_map(Press::link),
        words().prop_map(Press::link_in_new_window),
        (degrees(), degrees()).prop_map(|(la, lo)| Press::navigate(la, lo)),
        (words(), degrees(), degrees()).prop_map(|(name, la, lo)| Press::navigate_to(name, la, lo)),
    ]
    .boxed()
}

fn click() -> BoxedStrategy<Click> {
    let more = prop::collection::vec(press(), 0..4);
    (
        press(),
        more,
        prop::option::of(words()),
        prop::option::of(object()),
    )
        .prop_map(|(press, more, id, metadata)| {
            let click = more.into_iter().fold(Click::new(press), Click::and);
            let click = id.into_iter().fold(click, Click::external_id);
            metadata.into_iter().fold(click, Click::metadata)
        })
        .boxed()
}

fn button() -> BoxedStrategy<Button> {
    prop_oneof![
        words().prop_map(Button::says),
        (words(), click()).prop_map(|(title, click)| Button::new(title, click)),
        (words(), words()).prop_map(|(title, id)| Button::says(title).external_id(id)),
    ]
    .boxed()
}

fn style() -> BoxedStrategy<Style> {
    (any::<bool>(), words())
        .prop_map(|(bold, color)| {
            let style = Style::new()
                .italic()
                .size(Size::Small)
                .background_color(&*color);
            if bold {
                style.bold()
            } else {
                style.color(color)
            }
        })
        .boxed()
}

fn element() -> BoxedStrategy<Element> {
    let leaf = prop_oneof![
        (words(), style()).prop_map(|(text, style)| Text::new(text).style(style).into()),
        (words(), words()).prop_map(|(text, tag)| Text::new(text).tag(tag).into()),
        (words(), words(), words())
            .prop_map(|(url, caption, alt)| Image::new(url).caption(caption).alt(alt).into()),
        (words(), click()).prop_map(|(url, click)| Image::new(url).click(click).into()),
        (degrees(), degrees(), words())
            .prop_map(|(la, lo, tooltip)| Map::new(la, lo).tooltip(tooltip).into()),
        button().prop_map(Element::from),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        container_of(inner).prop_map(Element::from)
    })
    .boxed()
}

fn container_of(element: BoxedStrategy<Element>) -> BoxedStrategy<Container> {
    let elements = prop::collection::vec(element, 0..4);
    (any::<bool>(), elements, prop::option::of(click()))
        .prop_map(|(is_vertical, elements, click)| {
            let empty = if is_vertical {
                Container::vertical().border(Border::DropShadow)
            } else {
                Container::horizontal()
                    .tag("row")
                    .alt("a row")
                    .tooltip("a row")
            };
            let full = elements.into_iter().fold(empty, Container::and);
            click.into_iter().fold(full, Container::click)
        })
        .boxed()
}

type Built = Result<StructuredContent, InvalidReply>;

fn content() -> BoxedStrategy<Built> {
    let section = (words(), prop::collection::vec(words(), 0..4)).prop_map(|(heading, choices)| {
        choices
            .into_iter()
            .fold(Section::new(heading), Section::choice)
    });
    let list = (words(), words(), prop::collection::vec(section, 0..3));
    let replies = (words(), prop::collection::vec(button(), 0..5));
    prop_oneof![
        element().prop_map(Element::build),
        container_of(element()).prop_map(Container::build),
        prop::collection::vec(container_of(element()), 0..12)
            .prop_map(|cards| Carousel::new(cards).build()),
        list.prop_map(|(text, submit, sections)| {
            let list = sections
                .into_iter()
                .fold(List::new(text, submit), List::and);
            list.build()
        }),
        replies.prop_map(|(message, buttons)| {
            let replies = buttons
                .into_iter()
                .fold(QuickReplies::new(message), QuickReplies::and);
            replies.build()
        }),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_content_is_built_is_taken(built in content()) {
        if let Ok(built) = built {
            let told = sent(built.content.clone(), built.metadata);
            prop_assert_eq!(told, Ok(()), "{}", built.content);
        }
    }

    #[test]
    fn metadata_of_a_content_is_taken_if_it_is_built_and_refused_if_it_is_no_object(object in object()) {
        let raw = Value::Array(vec![object.clone()]).to_string();
        let text = Text::new("a").build().expect("right");
        let content = text.content.clone();
        match text.with_metadata(Metadata::object(object.clone())) {
            Ok(built) => prop_assert_eq!(sent(built.content, built.metadata), Ok(())),
            Err(_) if !object.is_object() => prop_assert!(sent(content, Some(raw)).is_err()),
            // Rules of the SDK's own.
            Err(_) => {}
        }
    }

    #[test]
    fn an_intent_is_taken_if_and_only_if_it_is_built(id in words(), name in words(), score in prop::num::f64::ANY) {
        let built = Intent::new(&*id, &*name, score);
        let score = built.as_ref().map_or(0.5, |intent| intent.score);
        let intent = types::Intent { id, name: Some(name), score };
        let text = types::Text { text: "a".to_owned(), metadata: None, encoded_metadata: None };
        let answer = types::Answer { intents: vec![intent], ..said(vec![types::Part::Text(text)]) };
        prop_assert_eq!(checked(answer).is_ok(), built.is_ok());
    }

    #[test]
    fn a_function_is_invoked_if_and_only_if_it_is_built(
        uuid in "[0-9a-fA-F]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f-]{36}|\\{?[0-9a-f]{32}\\}?",
        payload in object(),
    ) {
        let built = FunctionInvocation::new(&*uuid, &payload);
        let invocation = types::FunctionInvocation {
            lambda_uuid: uuid,
            payload: payload.to_string(),
            fail_on_error: false,
        };
        let action = Some(types::Action::InvokeFunction(invocation));
        prop_assert_eq!(checked(types::Answer { action, ..said(Vec::new()) }).is_ok(), built.is_ok());
    }

    #[test]
    fn encoded_metadata_is_taken_if_it_is_built(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
        let built = Answer::text("a").with_encoded_metadata(&bytes).expect("few");
        let text = types::Text { text: "a".to_owned(), metadata: None, encoded_metadata: None };
        let answer = types::Answer {
            encoded_metadata: built.encoded_metadata,
            ..said(vec![types::Part::Text(text)])
        };
        prop_assert_eq!(checked(answer), Ok(()));
    }
}

#[test]
fn contents_of_all_kinds_are_built_and_refused_by_chance() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut built, mut refused, strategy) = (0, 0, content());
    for _ in 0..300 {
        match strategy.new_tree(&mut runner).expect("a content").current() {
            Ok(_) => built += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(
        built > 30 && refused > 30,
        "{built} built, {refused} refused"
    );
}

#[test]
fn both_count_the_bytes_of_a_content_alike() {
    let card = |bytes: usize| {
        let texts = [2_400, 2_400, bytes].map(|bytes| Text::new("\u{e4}".repeat(bytes)));
        texts
            .into_iter()
            .fold(Container::vertical(), Container::and)
            .build()
    };
    let most = (1..5_000)
        .take_while(|bytes| card(*bytes).is_ok())
        .last()
        .expect("one");
    let content = card(most).expect("right").content;
    assert_eq!(sent(content.clone(), None), Ok(()));
    assert!(card(most + 1).is_err());
    let larger = content.replacen("\u{e4}", "\u{e4}\u{e4}", 1);
    assert!(larger.len() > 15_000, "{}", larger.len());
    assert!(sent(larger, None).expect_err("too large").contains("15000"));
}

#[test]
fn both_refuse_a_place_that_is_no_number_and_quick_replies_without_words() {
    assert!(Map::new(f64::NAN, 0.0).build().is_err());
    assert!(
        sent(
            json!({ "type": "map", "la": f64::NAN, "lo": 0 }).to_string(),
            None
        )
        .is_err()
    );
    assert!(QuickReplies::new(" ").and_says("a").build().is_err());
    let replies =
        json!({ "type": "quickReplies", "replies": [{ "type": "button", "title": "a" }] });
    let silent = json!({ "message": " ", "quickReplies": replies });
    assert!(sent(silent.to_string(), None).is_err());
}

#[test]
fn what_is_nested_as_deep_as_the_sdk_has_it_is_read() {
    let deep = (1..31).fold(json!({}), |inner, _| json!({ "a": inner }));
    let button = Button::says("a").metadata(deep);
    let row = Container::vertical().and(button);
    let card = (1..16).fold(row, |inner, _| Container::vertical().and(inner));
    assert_eq!(sent(card.build().expect("right").content, None), Ok(()));
}
