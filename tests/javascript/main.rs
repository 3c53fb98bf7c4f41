//! What Retort promises a bot that is JavaScript: one file for each promise.

mod corpus;
mod documents;
mod failures;
mod limits;
mod messages;
mod platform;
mod plugins;
mod reach;
