//! What is built, as it is sent, and what cannot be built, in words.

use super::*;
use crate::{Fault, json};

fn sent(built: Result<StructuredContent, InvalidReply>) -> serde_json::Value {
    let content = built.expect("it is right").content;
    serde_json::from_str(&content).expect("JSON")
}

#[track_caller]
fn refused(built: Result<StructuredContent, InvalidReply>, why: &str) {
    assert_eq!(built.expect_err("it is wrong").to_string(), why);
}

fn card(elements: usize) -> Container {
    (0..elements).fold(Container::vertical(), |card, _| card.and(Text::new("a")))
}

#[test]
fn a_card_is_written_as_the_platform_has_it() {
    let press = Click::new(Press::link_in_new_window("https://a.example"))
        .and(Press::publish_text("seen"))
        .external_id("a-1")
        .metadata(json!({ "type": "Other" }));
    let card = Container::vertical()
        .tag("card")
        .border(Border::BorderLess)
        .and(Text::new("Hello").style(Style::new().bold().size(Size::Large).color("#123456")))
        .and(Image::new("https://a.example/a.png").caption("a").alt("b"))
        .and(
            Container::horizontal()
                .and(Button::new("See", press))
                .and(Button::says("No")),
        )
        .and(
            Map::new(47.5, 8.25)
                .tooltip("here")
                .click(Press::navigate_to("there", 1.0, 2.0)),
        );
    assert_eq!(
        sent(card.build()),
        json!({ "type": "vertical", "tag": "card", "border": "borderLess", "elements": [
            { "type": "text", "text": "Hello", "style": { "bold": true, "size": "large", "color": "#123456" } },
            { "type": "image", "url": "https://a.example/a.png", "caption": "a", "alt": "b" },
            { "type": "horizontal", "elements": [
                { "type": "button", "title": "See", "tooltip": "See", "click": {
                    "actions": [
                        { "type": "link", "uri": "https://a.example", "target": "blank" },
                        { "type": "publishText", "text": "seen" },
                    ],
                    "metadata": [{ "type": "ExternalId", "id": "a-1" }, { "type": "Other" }],
                } },
                { "type": "button", "title": "No", "tooltip": "No", "click": {
                    "actions": [{ "type": "publishText", "text": "No" }],
                } },
            ] },
            { "type": "map", "la": 47.5, "lo": 8.25, "tooltip": "here", "click": {
                "actions": [{ "type": "navigate", "la": 1.0, "lo": 2.0, "name": "there" }],
            } },
        ] })
    );
}

#[test]
fn quick_replies_are_written_as_the_platform_has_them() {
    let replies = QuickReplies::new("Which?").and(Button::says("A").external_id("a"));
    assert_eq!(
        sent(replies.build()),
        json!({ "message": "Which?", "quickReplies": { "type": "quickReplies", "itemsPerRow": 8, "replies": [
            { "type": "button", "title": "A", "tooltip": "A", "click": {
                "actions": [{ "type": "publishText", "text": "A" }],
                "metadata": [{ "type": "ExternalId", "id": "a" }],
            } },
        ] } })
    );
}

#[test]
fn a_list_is_written_as_the_platform_has_it() {
    let section = Section::new("Food")
        .choice("Soup")
        .choice_that_says("Fish", "the fish");
    let list = sent(List::new("What?", "Send").and(section).build());
    let checkbox = |text, says| json!({ "type": "checkbox", "text": text, "click": { "actions": [{ "type": "checked", "publishText": says }] } });
    assert_eq!(
        list,
        json!({ "type": "list", "elements": [
            { "type": "text", "text": "What?" },
            { "type": "sectionList", "elements": [{ "type": "section", "sectionID": "0", "elements": [
                { "type": "text", "text": "Food" },
                { "type": "checklist", "elements": [checkbox("Soup", "Soup"), checkbox("Fish", "the fish")] },
            ] }] },
            { "type": "buttonList", "elements": [{ "type": "submitButton", "title": "Send", "click": {
                "actions": [{ "type": "submitAsText", "submit": true }],
            } }] },
        ] })
    );
}

#[test]
fn words_have_to_be_there_and_have_their_lengths() {
    refused(
        card(2).and(Text::new(" ")).build(),
        "the text at /elements/2 has an empty text: give it one, or leave out the element",
    );
    let long = "ä".repeat(129);
    refused(
        Container::vertical()
            .and(card(1).and(Button::says(&long)))
            .build(),
        "the button at /elements/0/elements/1 has a title of 129 characters; 128 are the most: shorten it",
    );
    assert!(Button::says("ä".repeat(128)).build().is_ok());
    refused(
        Button::new("a", Press::publish_text("x".repeat(257))).build(),
        "the button has a text to publish of 257 characters; 256 are the most: shorten it",
    );
    refused(
        Image::new("https://a.example")
            .alt("x".repeat(2_001))
            .build(),
        "the image has a text for those who cannot see it of 2001 characters; 2000 are the most: shorten it",
    );
    refused(
        QuickReplies::new("\t").and_says("a").build(),
        "the quick replies have an empty message; the platform sends one with them: give it a text",
    );
}

#[test]
fn there_may_be_neither_too_many_nor_too_few() {
    refused(
        Container::horizontal().build(),
        "the horizontal container has too few elements, 0 of at least 1: add some, or leave it out",
    );
    refused(
        card(257).build(),
        "the vertical container has too many elements, 257 of 256: leave out some, or send several",
    );
    refused(
        Carousel::new([card(1)]).build(),
        "the carousel has too few cards, 1 of at least 2: add some, or leave it out",
    );
    refused(
        Carousel::new(vec![card(1); 11]).build(),
        "the carousel has too many cards, 11 of 10: leave out some, or send several",
    );
    let press = (0..4).fold(Click::new(Press::link("a:b")), |click, _| {
        click.and(Press::link("a:b"))
    });
    refused(
        QuickReplies::new("a")
            .and_says("a")
            .and(Button::new("b", press))
            .build(),
        "the button at /quickReplies/replies/1 has too many actions for a press, 5 of 4: leave out some, or send several",
    );
    refused(
        QuickReplies::new("a").build(),
        "the set of quick replies has too few buttons, 0 of at least 1: add some, or leave it out",
    );
}

#[test]
fn containers_stand_in_one_another_so_many_times() {
    let nested = |times: usize| (1..times).fold(card(1), |card, _| Container::vertical().and(card));
    assert!(nested(16).build().is_ok());
    let told = nested(17).build().expect_err("too deep");
    assert_eq!(told.pointer(), "/elements/0".repeat(16));
    assert!(
        told.to_string()
            .ends_with("stands in 16 others, and that many are the most: nest them less"),
        "{told}"
    );
}

#[test]
fn places_are_on_the_map() {
    for (la, lo) in [
        (90.1, 0.0),
        (0.0, -180.1),
        (f64::NAN, 0.0),
        (0.0, f64::INFINITY),
    ] {
        for built in [
            Map::new(la, lo).build(),
            Button::new("a", Press::navigate(la, lo)).build(),
        ] {
            let told = built.expect_err("no place").to_string();
            assert!(told.contains("has a place that is on no map"), "{told}");
        }
    }
}

#[test]
fn bytes_are_counted_as_they_are_sent() {
    let card = |bytes| {
        let texts = [5_000, 5_000, bytes].map(|bytes| Text::new("x".repeat(bytes)));
        texts
            .into_iter()
            .fold(Container::vertical(), Container::and)
            .build()
    };
    let rest = 15_000 - card(1).expect("right").content.len() + 1;
    assert_eq!(card(rest).expect("the most").content.len(), 15_000);
    refused(
        card(rest + 1),
        "the content has 15001 bytes of JSON; 15000 are the most: send it as several parts",
    );
}

#[test]
fn what_cannot_be_built_is_a_fault_that_says_nothing_of_the_texts() {
    let told = Button::says("private".repeat(20))
        .build()
        .expect_err("too long");
    let Fault { code, message } = told.into();
    assert_eq!(code, "reply-invalid");
    assert!(
        message.contains("140 characters") && !message.contains("private"),
        "{message}"
    );
}
