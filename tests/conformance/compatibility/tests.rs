//! Each change that there can be, planted, and the sentence that tells it.

use super::{breaks, edited};

/// A contract that has one of each.
const SMALL: &str = "package acme:small@2.1.0;
interface types {
  type json = string;
  record turn { id: u64, text: json, ids: list<u64> }
  variant reply { say(string), ask(json), silent }
  enum level { debug, info, warn }
  flags may { read, write }
}
interface log {
  use types.{level};
  write: func(level: level, message: string);
  last: func() -> option<string>;
  forget: func();
}
interface store {
  use types.{may};
  resource row {
    constructor(key: string);
    get: func(column: u32) -> string;
    find: static func(key: string) -> row;
  }
  open: func(rows: list<tuple<string, u32>>) -> result<row, string>;
  allowed: func() -> may;
}
interface handler {
  use types.{turn, reply};
  describe: func() -> string;
  respond: func(turn: turn) -> result<reply, string>;
}
interface unused { idle: func(); }
world bot {
  import log;
  import store;
  import beat: func(count: u8);
  export handler;
}
world other { include bot; }
";

const NO_LONGER_LOAD: &str = "bots that were built for 2.1.0 no longer load; \
                              put the change into a version of its own (a folder of wit/)";
const NO_LONGER_ASKED: &str = "bots that were built for 2.1.0 load, and are no longer asked it; \
                               put the change into a version of its own (a folder of wit/)";
const OF_ANOTHER_TYPE: &str = "bots that were built for 2.1.0 load here, and are of another type for whatever else goes by \
                               the names; put the change into a version of its own (a folder of wit/)";

/// That an edit breaks this, and nothing else.
fn breaks_by(from: &str, to: &str, told: &[&str], outcome: &str) {
    let told: Vec<_> = told
        .iter()
        .map(|what| format!("{what}: {outcome}"))
        .collect();
    assert_eq!(
        breaks(SMALL, &edited(SMALL, from, to)),
        told,
        "{from} => {to}"
    );
}

#[test]
fn functions_that_change_are_told() {
    let write = "write: func(level: level, message: string);";
    for (to, told) in [
        ("", "acme:small/log.write: the function is gone"),
        (
            "write: func(level: level, message: string, to: u8);",
            "acme:small/log.write: its parameter \"to\" is new",
        ),
        (
            "write: func(message: string);",
            "acme:small/log.write: its parameter \"level\" is gone",
        ),
        (
            "write: func(message: string, level: level);",
            "acme:small/log.write: its parameters were in the order \"level\", \"message\" and are now \"message\", \"level\"",
        ),
        (
            "write: func(level: u8, message: string);",
            "acme:small/log.write: its parameter \"level\" was the enum \"level\" and is now a u8",
        ),
        (
            "write: func(level: level, message: string) -> bool;",
            "acme:small/log.write: it returned nothing and now returns a bool",
        ),
        (
            "write: async func(level: level, message: string);",
            "acme:small/log.write: it has become async",
        ),
    ] {
        breaks_by(write, to, &[told], NO_LONGER_LOAD);
    }
    let renamed = "acme:small/log.write: its parameter \"message\" is now called \"line\"";
    let to = "write: func(level: level, line: string);";
    breaks_by(write, to, &[renamed], OF_ANOTHER_TYPE);
    for (from, to, told) in [
        (
            "last: func() -> option<string>;",
            "last: func() -> string;",
            "acme:small/log.last: its result was a string or none and is now a string",
        ),
        (
            "last: func() -> option<string>;",
            "last: func();",
            "acme:small/log.last: it returned a string or none and now returns nothing",
        ),
        (
            "rows: list<tuple<string, u32>>",
            "rows: list<tuple<string, s32>>",
            "acme:small/store.open: its parameter \"rows\" was a list of tuples of a string and a u32 and is now a list of \
             tuples of a string and an s32",
        ),
        (
            "-> result<row, string>",
            "-> result<row>",
            "acme:small/store.open: its result was a result of the resource \"row\", or as error a string and is now a result \
             of the resource \"row\", or as error nothing",
        ),
        (
            "import beat: func(count: u8);",
            "import beat: func(count: list<bool>);",
            "acme:small/bot.beat: its parameter \"count\" was a u8 and is now a list of bools",
        ),
    ] {
        let both = told.replace("small/bot.", "small/other.");
        let told = match both == told {
            true => vec![told],
            false => vec![told, &both],
        };
        breaks_by(from, to, &told, NO_LONGER_LOAD);
    }
}

#[test]
fn types_that_change_are_told_where_they_are() {
    let turn = "record turn { id: u64, text: json, ids: list<u64> }";
    let reply = "variant reply { say(string), ask(json), silent }";
    let level = "enum level { debug, info, warn }";
    let may = "flags may { read, write }";
    for (from, to, told) in [
        (
            turn,
            "record turn { id: u64, text: json }",
            &["turn: its field \"ids\" is gone"][..],
        ),
        (
            turn,
            "record turn { id: u64, text: json, ids: list<u64>, at: u64 }",
            &["turn: its field \"at\" is new"],
        ),
        (
            turn,
            "record turn { text: json, id: u64, ids: list<u64> }",
            &[
                "turn: its fields were in the order \"id\", \"text\", \"ids\" and are now \"text\", \"id\", \"ids\"",
            ],
        ),
        (
            turn,
            "record turn { number: s64, text: json, ids: list<u64> }",
            &[
                "turn: its field \"id\" is now called \"number\"",
                "turn: its field \"number\" was a u64 and is now an s64",
            ],
        ),
        (
            turn,
            "record turn { id: u64, text: json, ids: option<list<option<u64>>> }",
            &[
                "turn: its field \"ids\" was a list of u64s and is now a list of u64s or none or none",
            ],
        ),
        (
            turn,
            "enum turn { one }",
            &["turn: it was a record and is now an enum"],
        ),
        (
            reply,
            "variant reply { say(string), ask(json) }",
            &["reply: its case \"silent\" is gone"],
        ),
        (
            reply,
            "variant reply { say(string), ask(json), silent, leave }",
            &["reply: its case \"leave\" is new"],
        ),
        (
            reply,
            "variant reply { say, ask(json), silent(u8) }",
            &[
                "reply: its case \"say\" carried a string and now carries nothing",
                "reply: its case \"silent\" carried nothing and now carries a u8",
            ],
        ),
        (
            reply,
            "variant reply { ask(json), say(string), silent }",
            &[
                "reply: its cases were in the order \"say\", \"ask\", \"silent\" and are now \"ask\", \"say\", \"silent\"",
            ],
        ),
        (
            level,
            "enum level { trace, debug, info, warn }",
            &["level: its case \"trace\" is new"],
        ),
        (
            level,
            "enum level { debug, warn }",
            &["level: its case \"info\" is gone"],
        ),
        (
            level,
            "enum level { warn, info, debug }",
            &[
                "level: its cases were in the order \"debug\", \"info\", \"warn\" and are now \"warn\", \"info\", \"debug\"",
            ],
        ),
        (
            may,
            "flags may { read, write, run }",
            &["may: its flag \"run\" is new"],
        ),
        (
            may,
            "flags may { read }",
            &["may: its flag \"write\" is gone"],
        ),
        (
            may,
            "flags may { write, read }",
            &[
                "may: its flags were in the order \"read\", \"write\" and are now \"write\", \"read\"",
            ],
        ),
        (
            "type json = string;",
            "type json = list<u8>;",
            &["json: it was a string and is now a list of u8s"],
        ),
    ] {
        let told: Vec<_> = told
            .iter()
            .map(|told| format!("acme:small/types.{told}"))
            .collect();
        let told: Vec<_> = told.iter().map(String::as_str).collect();
        breaks_by(from, to, &told, NO_LONGER_LOAD);
    }
}

#[test]
fn resources_that_change_are_told() {
    for (from, to, told) in [
        (
            "    get: func(column: u32) -> string;\n",
            "",
            "acme:small/store.row.get: the method is gone",
        ),
        (
            "get: func(column: u32) -> string;",
            "get: func(column: u64) -> string;",
            "acme:small/store.row.get: its parameter \"column\" was a u32 and is now a u64",
        ),
        (
            "    constructor(key: string);\n",
            "",
            "acme:small/store.row: the constructor is gone",
        ),
        (
            "find: static func",
            "find: func",
            "acme:small/store.row.find: the method is gone",
        ),
    ] {
        breaks_by(from, to, &[told], NO_LONGER_LOAD);
    }
    let now = edited(SMALL, "resource row", "resource line");
    let now = edited(&now, "result<row, string>", "result<line, string>");
    let now = edited(&now, "-> row;", "-> line;");
    assert_eq!(
        breaks(SMALL, &now),
        [
            format!(
                "acme:small/store.row: the resource is gone, with all that it offers: {NO_LONGER_LOAD}"
            ),
            format!(
                "acme:small/store.open: its result was a result of the resource \"row\", or as error a string and is now a \
                 result of the resource \"line\", or as error a string: {NO_LONGER_LOAD}"
            ),
        ]
    );
}

#[test]
fn worlds_that_change_are_told() {
    for (from, to, told, outcome) in [
        (
            "  import log;\n",
            "",
            &["acme:small/WORLD: it no longer has the import `acme:small/log`"][..],
            NO_LONGER_LOAD,
        ),
        (
            "  import beat: func(count: u8);\n",
            "",
            &["acme:small/WORLD: it no longer has the import `beat`"],
            NO_LONGER_LOAD,
        ),
        (
            "import beat: func(count: u8);",
            "import beat: interface { tick: func(); }",
            &["acme:small/WORLD: `beat` is something else now"],
            NO_LONGER_LOAD,
        ),
        (
            "export handler;",
            "export handler; export unused;",
            &["acme:small/WORLD: it newly demands the export `acme:small/unused`"],
            NO_LONGER_LOAD,
        ),
        (
            "  export handler;\n",
            "",
            &["acme:small/WORLD: it no longer has the export `acme:small/handler`"],
            NO_LONGER_ASKED,
        ),
        (
            "  describe: func() -> string;\n",
            "",
            &["acme:small/handler.describe: the function is gone"],
            NO_LONGER_ASKED,
        ),
        (
            "  describe: func() -> string;\n",
            "  describe: func() -> string; greet: func();\n",
            &["acme:small/handler.greet: the function is new, and bots have to export it"],
            NO_LONGER_LOAD,
        ),
    ] {
        let worlds = ["bot", "other"].into_iter();
        let mut told: Vec<_> = worlds
            .flat_map(|world| told.iter().map(move |told| told.replace("WORLD", world)))
            .collect();
        told.dedup();
        let told: Vec<_> = told.iter().map(String::as_str).collect();
        breaks_by(from, to, &told, outcome);
    }
    for (from, to, told, outcome) in [
        (
            "log",
            "line",
            "acme:small/log: the interface is gone",
            NO_LONGER_LOAD,
        ),
        (
            "handler",
            "answerer",
            "acme:small/handler: the interface is gone",
            NO_LONGER_ASKED,
        ),
    ] {
        let now = breaks(SMALL, &SMALL.replace(from, to));
        assert_eq!(now.first(), Some(&format!("{told}: {outcome}")), "{now:?}");
    }
    breaks_by(
        "world other { include bot; }",
        "",
        &["acme:small/other: the world is gone"],
        NO_LONGER_LOAD,
    );
    assert_eq!(
        breaks(SMALL, &edited(SMALL, "@2.1.0", "@2.2.0")),
        [
            "acme:small@2.1.0: it is gone, and this is acme:small@2.2.0: bots that were built for 2.1.0 no longer load; keep \
             it, and put the next version into a folder of its own below wit/"
        ]
    );
}

#[test]
fn what_is_added_for_bots_to_import_breaks_none() {
    for (from, to) in [
        (
            "  forget: func();\n",
            "  forget: func(); flush: func(all: bool) -> u32;\n",
        ),
        ("    get: func(", "    set: func(value: string); get: func("),
        (
            "interface unused {",
            "interface clock { now: func() -> u64; } interface unused {",
        ),
        ("  import log;\n", "  import log; import unused;\n"),
        ("  import log;\n", "  import log; import more: func();\n"),
        (
            "world other",
            "world another { export unused; } world other",
        ),
        ("  flags may", "  record fresh { id: u64 } flags may"),
        // What nothing of a world has was never built against.
        ("interface unused { idle: func(); }", ""),
        // A name is none of a component's, as long as the shape is the same.
        ("text: json, ids", "text: string, ids"),
        (
            "last: func() -> option<string>;",
            "type line = string; last: func() -> option<line>;",
        ),
    ] {
        assert_eq!(
            breaks(SMALL, &edited(SMALL, from, to)),
            [""; 0],
            "{from} => {to}"
        );
    }
    let renamed = SMALL
        .replace("turn", "round")
        .replace("round: round", "turn: round");
    assert_eq!(breaks(SMALL, &renamed), [""; 0]);
}
