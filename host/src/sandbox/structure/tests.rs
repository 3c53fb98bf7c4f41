use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn checked(text: &str, limits: &Limits) -> Result<(), Refused> {
    check(&wat::parse_str(text).expect("a component"), limits)
}

/// What stops a component, and how much of it was counted.
#[track_caller]
fn stopped(text: &str, limits: &Limits) -> (Counted, u64) {
    match checked(text, limits).expect_err("it is refused") {
        Refused::Above { what, counted, .. } => (what, counted),
        other => panic!("{other}"),
    }
}

/// A component of a module, and others that each instantiate the one before twice.
fn doublings(times: u32) -> String {
    let mut text = "(component (component $c0 (core module $m (memory 1) (table 1 funcref)) \
                    (core instance (instantiate $m)))"
        .to_owned();
    for level in 1..=times {
        let before = level - 1;
        text += &format!(
            "(component $c{level} (alias outer 1 $c{before} (component $c)) \
             (instance (instantiate $c)) (instance (instantiate $c)))"
        );
    }
    text + &format!("(instance (instantiate $c{times})))")
}

fn nested(levels: usize) -> String {
    format!(
        "(component {}{})",
        "(component ".repeat(levels),
        ")".repeat(levels)
    )
}

#[test]
fn what_is_instantiated_again_and_again_is_counted_as_it_expands() {
    let limits = Limits {
        memories: 100,
        ..Limits::default()
    };
    assert_eq!(checked(&doublings(5), &limits), Ok(()), "32 core instances");
    assert_eq!(stopped(&doublings(6), &limits), (Counted::Instances, 64));
    assert_eq!(
        stopped(&doublings(60), &limits),
        (Counted::Instances, u32::MAX.into()),
        "more than can be counted"
    );
    let more = Limits {
        instances: 1000,
        ..limits
    };
    assert_eq!(stopped(&doublings(6), &more), (Counted::Tables, 64));
    assert_eq!(
        stopped(&doublings(7), &more),
        (Counted::NestedInstances, 255)
    );
    let default = Limits::default();
    assert_eq!(stopped(&doublings(2), &default), (Counted::Memories, 4));
}

#[test]
fn what_is_defined_and_never_instantiated_makes_nothing() {
    let unused = doublings(60).replace("(instance (instantiate $c60))", "");
    assert_eq!(checked(&unused, &Limits::default()), Ok(()));
}

#[test]
fn a_module_of_an_outer_component_is_counted_where_it_is_instantiated() {
    let text = "(component (core module $m (memory 1)) \
                (component $c (component $d (alias outer 2 $m (core module $m)) \
                (core instance (instantiate $m)) (core instance (instantiate $m))) \
                (instance (instantiate $d)) (instance (instantiate $d))) \
                (instance (instantiate $c)))";
    assert_eq!(
        stopped(text, &Limits::default()),
        (Counted::Memories, 4),
        "two instances of `d`, each with two of the module"
    );
}

#[test]
fn every_other_count_has_its_limit() {
    let default = Limits::default();
    assert_eq!(checked(&nested(8), &default), Ok(()));
    assert_eq!(stopped(&nested(9), &default), (Counted::Nesting, 9));
    let many = format!("(component {})", "(core module)".repeat(201));
    assert_eq!(stopped(&many, &default), (Counted::Parts, 201));

    let few = Limits {
        functions: 2,
        imports: 2,
        custom_section_bytes: 20,
        ..default
    };
    let functions = "(component (core module (func) (func)) (core module (func)))";
    assert_eq!(stopped(functions, &few), (Counted::Functions, 3));
    let imports = "(component (import \"a\" (func)) (import \"b\" (func)) \
                   (core module (import \"m\" \"f\" (func))))";
    assert_eq!(stopped(imports, &few), (Counted::Imports, 3));
    let custom = "(component (@custom \"a\" \"0123456789\") \
                  (core module (@custom \"b\" \"0123456789\")))";
    let (what, bytes) = stopped(custom, &few);
    assert!(
        what == Counted::CustomSectionBytes && bytes >= 22,
        "{bytes}"
    );
    assert_eq!(
        check_size(&[0; 11], &Limits { bytes: 10, ..few })
            .expect_err("it is refused")
            .code(),
        "component-too-large"
    );
}

#[test]
fn a_part_that_only_an_instance_would_show_is_refused() {
    for text in [
        "(component (import \"m\" (core module)))",
        "(component (import \"c\" (component)))",
        "(component (component $c) (export \"c\" (component $c)))",
        "(component (core module $m) (export \"m\" (core module $m)))",
        "(component (import \"i\" (instance $i (export \"m\" (core module)))) \
         (alias export $i \"m\" (core module)))",
        "(component (core module $m) (component $c (import \"m\" (core module))) \
         (instance (instantiate $c (with \"m\" (core module $m)))))",
    ] {
        let refused = checked(text, &Limits::default()).expect_err(text);
        assert_eq!(refused.code(), "component-uncountable", "{text}");
    }
}

#[test]
fn a_refusal_says_what_was_counted_and_which_key_to_raise() {
    let refused = checked(&nested(9), &Limits::default()).expect_err("it is refused");
    assert_eq!(
        refused.to_string(),
        "the component has 9 levels of components inside of components and may have 8; \
         build it of less, or raise `component.nesting`"
    );
    assert_eq!(refused.code(), "component-too-deep");
}

#[test]
fn an_index_that_leads_nowhere_is_no_component() {
    // A component whose only section instantiates component 7, which is not there.
    let nowhere = b"\0asm\x0d\0\x01\0\x05\x04\x01\0\x07\0";
    let refused = check(nowhere, &Limits::default()).expect_err("it is refused");
    assert_eq!(refused.code(), "component-invalid", "{refused}");
}

/// Real ones, to be broken.
static REAL: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [
        harness::bots::plugin("echo"),
        wat::parse_str(doublings(6)).expect("a component"),
    ]
});

proptest! {
    #[test]
    fn bytes_that_nobody_meant_never_panic_the_check(bytes in vec(any::<u8>(), 0..256)) {
        let component = [b"\0asm\x0d\0\x01\0", bytes.as_slice()].concat();
        drop(check(&component, &Limits::default()));
        drop(check(&bytes, &Limits::default()));
    }

    #[test]
    fn a_real_component_that_was_changed_never_panics_the_check(
        which in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..8),
        cut in any::<Index>(),
    ) {
        let mut component = which.get(REAL.as_slice()).clone();
        for (at, byte) in changes {
            let at = at.index(component.len());
            component[at] = byte;
        }
        drop(check(&component, &Limits::default()));
        component.truncate(cut.index(component.len()));
        drop(check(&component, &Limits::default()));
    }
}
