//! The limits that a bot can run into, each with its key in the configuration and the stable code of the outcome.
//! Knows nothing of how they are enforced.

/// Defines [`Limit`] and what is said of each.
macro_rules! limits {
    ($($(#[$doc:meta])* $limit:ident: $code:literal, $key:literal, $what:literal, $unit:literal;)*) => {
        /// Something that a bot may have only so much of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit {
            $($(#[$doc])* $limit,)*
        }

        impl Limit {
            /// All of them.
            pub const ALL: &[Limit] = &[$(Limit::$limit),*];

            /// The stable name of its outcome, for programs and metrics.
            pub fn code(self) -> &'static str {
                match self { $(Limit::$limit => $code),* }
            }

            /// What sets it, in the configuration.
            pub fn key(self) -> &'static str {
                match self { $(Limit::$limit => $key),* }
            }

            fn what(self) -> &'static str {
                match self { $(Limit::$limit => $what),* }
            }

            fn unit(self) -> &'static str {
                match self { $(Limit::$limit => $unit),* }
            }
        }
    };
}

limits! {
    /// Time, from the request read to the reply checked.
    Deadline: "deadline-exceeded", "limits.deadline_ms", "the turn took too long", " ms";
    /// Fuel: instructions, and what host calls cost.
    Fuel: "out-of-fuel", "limits.fuel", "the turn used up its fuel", "";
    /// Linear memory.
    Memory: "out-of-memory", "limits.memory_bytes", "the bot asked for too much memory", " bytes";
    /// The elements of a table.
    TableElements: "table-too-large", "limits.table_elements", "the bot asked for too large a table", " elements";
    /// Calls out of the sandbox.
    HostCalls: "too-many-host-calls", "limits.host_calls", "the bot made too many host calls", "";
    /// What one call hands to the host.
    Transfer: "transfer-too-large", "limits.transfer_bytes", "the bot handed over too much in one call", " bytes";
    /// Resource handles held at a time.
    Handles: "too-many-handles", "limits.handles", "the bot holds too many handles", "";
    /// Random bytes in one call.
    RandomBytes: "random-too-large", "limits.random_bytes", "the bot asked for too many random bytes", "";
    /// A reply, all together.
    ReplyBytes: "reply-too-large", "reply.bytes", "the reply is too large", " bytes";
    /// A reply's parts.
    ReplyParts: "too-many-parts", "reply.parts", "the reply has too many parts", "";
    /// A reply's intents.
    ReplyIntents: "too-many-intents", "reply.intents", "the reply has too many intents", "";
    /// One delay in a reply.
    ReplyDelay: "delay-too-long", "reply.delay_seconds", "the reply waits too long", " s";
}

/// A limit that was run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}, {used} of {allowed}{}; if it needs more, raise `{}`",
    .limit.what(), .limit.unit(), .limit.key()
)]
pub struct Exceeded {
    /// Which one.
    pub limit: Limit,
    /// What was used or asked for; one more than allowed where nobody counts on.
    pub used: u64,
    /// What was allowed.
    pub allowed: u64,
}

impl Exceeded {
    /// One more than was allowed, of what is not counted on from there.
    pub fn by_one(limit: Limit, allowed: u64) -> Self {
        Self {
            limit,
            used: allowed.saturating_add(1),
            allowed,
        }
    }
}
