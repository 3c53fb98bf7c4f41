//! Requests as hostile bots send them, to servers on this machine that are no better. Names are looked up in a table.

mod addresses;
mod answers;
mod harness;
mod lifecycle;
mod properties;
mod redirects;
mod rules;
mod secrets;
mod tls;
mod tricks;
mod upstream;
mod urls;
