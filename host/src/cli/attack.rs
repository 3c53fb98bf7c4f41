//! Bots that attack a host, to prove that it holds. Knows nothing of how it does.

pub mod component;
pub mod corpus;
