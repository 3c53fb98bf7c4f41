//! The grammar of structured content: what it takes, and how it tells where a content is wrong.

use serde_json::{Value, json};

use super::*;

fn checked(content: &Value, strict: bool) -> Result<(), String> {
    let raw = types::Reply::Answer(with_part(rich(&content.to_string())));
    let limits = ReplyLimits { strict, ..LIMITS };
    let checked = Reply::check(raw, &Channel::Messaging, Contract::CustomEndpoint, &limits);
    checked.map(drop).map_err(|error| told(&error))
}

fn card(elements: &Value) -> Value {
    json!({ "type": "vertical", "elements": elements })
}

fn button(action: &Value) -> Value {
    json!({ "type": "button", "title": "Go", "click": { "actions": [action] } })
}

/// One of each that the platform publishes, in our own words.
fn published() -> Vec<Value> {
    let text = json!({
        "type": "text", "text": "Two rooms are free", "tooltip": "rooms", "tag": "title", "rtl": false, "alt": "rooms",
        "style": { "bold": true, "italic": false, "size": "large", "color": "#112233", "background-color": "#fff" },
    });
    let image = json!({ "type": "image", "url": "https://pictures.example/room.png", "caption": "A room", "tooltip": "a room" });
    let choose = json!({
        "type": "button", "title": "Choose", "class": "button", "style": { "border-radius": 4, "border-color": "#000" },
        "click": { "metadata": [{ "type": "ExternalId", "id": "room-1" }], "actions": [{ "type": "publishText", "text": "room 1" }] },
    });
    let link = json!({ "type": "link", "name": "open", "uri": "https://rooms.example", "target": "blank", "ios": { "uri": "rooms://1" } });
    let dates = json!({
        "type": "datePicker", "class": "range", "title": "When?", "minDate": 1_760_000_000, "maxDate": 1_770_000_000,
        "dateFormat": "YYYY-MM-DD",
    });
    let slot = json!({
        "type": "scheduleSlot", "id": "a", "start": 1_760_000_000, "end": 1_760_003_600, "title": "Early",
        "description": "before noon", "imageUrl": "https://pictures.example/sun.png",
    });
    let slots = json!({ "type": "scheduleSlotList", "title": "Visit", "firstDayOfTheWeek": "sun", "slots": [slot] });
    let ticked = json!({
        "type": "checkbox", "text": "Breakfast", "borderLine": true, "borderColor": "#ccc",
        "click": { "actions": [{ "type": "checked", "publishText": "breakfast" }], "metadata": [] },
    });
    let submit = json!({
        "type": "submitButton", "title": "Done", "disabled": false,
        "click": { "actions": [{ "type": "submitAsText", "submit": true }] },
    });
    vec![
        card(&json!([text, image, choose])),
        json!({ "type": "horizontal", "borderLine": false, "percentages": [25, 75], "elements": [image, card(&json!([text]))] }),
        json!({ "type": "carousel", "padding": 10, "elements": [card(&json!([image, button(&link)])), card(&json!([text]))] }),
        card(&json!([{ "type": "map", "la": 48.1, "lo": 11.6, "tooltip": "here" }])),
        card(&json!([button(
            &json!({ "type": "navigate", "la": 48.1, "lo": 11.6, "name": "there" })
        )])),
        json!({ "type": "vertical", "border": "dropShadow", "elements": [button(&dates)] }),
        card(&json!([button(&slots)])),
        json!({ "type": "list", "elements": [
            text,
            { "type": "sectionList", "elements": [
                { "type": "section", "sectionID": "extras", "elements": [text, { "type": "checklist", "elements": [ticked] }] },
            ] },
            { "type": "buttonList", "elements": [submit, choose] },
        ] }),
        json!({ "type": "vertical", "tag": "list", "elements": [card(&json!([text, { "type": "horizontal", "elements": [image, choose] }]))] }),
        json!({ "message": "More?", "quickReplies": { "type": "quickReplies", "itemsPerRow": 4, "replies": [choose] } }),
        image,
    ]
}

#[test]
fn what_the_platform_publishes_is_taken_even_strictly() {
    for content in published() {
        assert_eq!(checked(&content, false), Ok(()), "{content}");
        assert_eq!(checked(&content, true), Ok(()), "{content}");
    }
}

#[test]
fn a_wrong_or_missing_field_of_a_known_element_is_told_where_it_is() {
    for (content, problem) in [
        (json!({}), "part 0 lacks \"type\""),
        (
            json!({ "type": 3 }),
            "part 0 at /type is 3, and has to be of type string",
        ),
        (json!({ "type": "vertical" }), "part 0 lacks \"elements\""),
        (
            card(&json!({})),
            "part 0 at /elements is an object, and has to be of type array",
        ),
        (
            card(&json!(["hi"])),
            "part 0 at /elements/0 is \"hi\", and has to be of type object",
        ),
        (
            card(&json!([{ "text": "hi" }])),
            "part 0 at /elements/0 lacks \"type\"",
        ),
        (
            card(&json!([{ "type": "text" }])),
            "part 0 at /elements/0 lacks \"text\"",
        ),
        (
            card(&json!([{ "type": "text", "text": null }])),
            "part 0 at /elements/0/text is null, and has to be of type string",
        ),
        (
            card(&json!([{ "type": "image", "uri": "x" }])),
            "part 0 at /elements/0 lacks \"url\"",
        ),
        (
            card(&json!([{ "type": "button" }])),
            "part 0 at /elements/0 lacks \"title\"",
        ),
        (
            card(&json!([{ "type": "map", "la": "48.1", "lo": 11.6 }])),
            "part 0 at /elements/0/la is \"48.1\", and has to be of type number",
        ),
        (
            card(&json!([{ "type": "button", "title": "x", "click": [] }])),
            "part 0 at /elements/0/click is an array, and has to be of type object",
        ),
        (
            card(&json!([button(&json!({ "text": "x" }))])),
            "part 0 at /elements/0/click/actions/0 lacks \"type\"",
        ),
        (
            card(&json!([button(&json!({ "type": ["link"] }))])),
            "part 0 at /elements/0/click/actions/0/type is an array, and has to be of type string",
        ),
        (
            card(&json!([button(&json!({ "type": "publishText" }))])),
            "part 0 at /elements/0/click/actions/0 lacks \"text\"",
        ),
        (
            card(&json!([button(&json!({ "type": "link", "url": "x" }))])),
            "part 0 at /elements/0/click/actions/0 lacks \"uri\"",
        ),
        (
            json!({ "type": "carousel", "elements": [card(&json!([{ "type": "text", "text": "x" }, { "type": "text" }]))] }),
            "part 0 at /elements/0/elements/1 lacks \"text\"",
        ),
        (
            json!({ "message": "?", "quickReplies": { "replies": [] } }),
            "part 0 at /quickReplies lacks \"type\"",
        ),
        (
            json!({ "message": "?", "quickReplies": { "type": "quick", "replies": [] } }),
            "part 0 at /quickReplies/type is \"quick\", and has to be \"quickReplies\"",
        ),
        (
            json!({ "message": "?", "quickReplies": { "type": "quickReplies", "replies": [{ "type": "button" }] } }),
            "part 0 at /quickReplies/replies/0 lacks \"title\"",
        ),
    ] {
        assert_eq!(
            checked(&content, false),
            Err(problem.to_owned()),
            "{content}"
        );
        assert_eq!(
            checked(&content, true),
            Err(problem.to_owned()),
            "{content}"
        );
    }
}

#[test]
fn what_is_not_known_is_taken_unless_the_check_is_strict() {
    let known = "\"text\",\"checkbox\",\"image\"";
    for (content, place, problem) in [
        (
            json!({ "type": "hologram", "elements": 3 }),
            "part 0 at /type is \"hologram\", which is not known",
            known,
        ),
        (
            card(&json!([{ "type": "hologram" }])),
            "part 0 at /elements/0/type is \"hologram\", which is not known",
            known,
        ),
        (
            card(&json!([button(&json!({ "type": "beam", "text": 1 }))])),
            "part 0 at /elements/0/click/actions/0/type is \"beam\", which is not known",
            "\"publishText\",\"link\",\"navigate\"",
        ),
        (
            card(&json!([{ "type": "text", "text": "x", "sparkle": 1 }])),
            "part 0 at /elements/0 has a field that is not known there",
            "`reply.strict` has refused: \"sparkle\"",
        ),
        (
            card(&json!([{ "type": "text", "text": "x", "style": { "blink": true } }])),
            "part 0 at /elements/0/style has a field that is not known there",
            "`reply.strict` has refused: \"blink\"",
        ),
        (
            json!({ "message": "?", "tag": 1, "quickReplies": { "type": "quickReplies", "replies": [] } }),
            "part 0 has a field that is not known there",
            "`reply.strict` has refused: \"tag\"",
        ),
    ] {
        assert_eq!(checked(&content, false), Ok(()), "{content}");
        let told = checked(&content, true).expect_err("it is not known");
        assert!(told.starts_with(place) && told.contains(problem), "{told}");
    }
}

#[test]
fn a_bots_word_is_shown_whole_or_not_at_all() {
    let told = |name: &str| {
        let content = json!({ "type": "map", "la": 1, "lo": 1, name: 0 });
        checked(&content, true).expect_err("it is not known")
    };
    assert!(told(&"x".repeat(64)).ends_with(&format!(": \"{}\"", "x".repeat(64))));
    assert!(told(&"x".repeat(65)).ends_with(": a text of 65 characters"));
    assert!(told("red\u{1b}[31m").ends_with(": a text of 8 characters"));
    let content = json!({ "type": "text", "text": "x", "click": "y".repeat(2_000) });
    let told = checked(&content, false).expect_err("it is wrong");
    assert!(told.contains("is a text of 2000 characters"), "{told}");
}

#[test]
fn what_is_wrong_comes_before_what_is_not_known() {
    let content = card(&json!([{ "type": "hologram" }, { "type": "text", "shade": 1 }]));
    let wrong = Err("part 0 at /elements/1 lacks \"text\"".to_owned());
    assert_eq!(
        (checked(&content, false), checked(&content, true)),
        (wrong.clone(), wrong)
    );
}

#[test]
fn the_grammar_says_what_is_not_known_with_two_keywords_only() {
    fn walk(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(fields) => {
                for (key, value) in fields {
                    // An `if` says nothing by itself.
                    if key != "if" {
                        found.push(key.clone());
                        walk(value, found);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let grammar = include_str!("../../structured_content.schema.json");
    let mut found = Vec::new();
    walk(&serde_json::from_str(grammar).expect("JSON"), &mut found);
    for keyword in [
        "anyOf",
        "oneOf",
        "unevaluatedProperties",
        "pattern",
        "$dynamicRef",
    ] {
        assert!(!found.iter().any(|key| key == keyword), "{keyword}");
    }
    let enums = found.iter().filter(|key| *key == "enum").count();
    assert_eq!(enums, 2, "of elements and of actions");
}
