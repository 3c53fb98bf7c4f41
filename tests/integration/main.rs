//! What Retort promises a client, through the router and over a socket; and what it promises its maintainers.

mod admin;
mod admin_document;
mod admin_hostile;
mod bites;
mod consent;
mod custom_endpoint;
mod custom_endpoint_document;
mod documents;
mod events;
mod front_door;
mod functions;
mod gates;
mod golden;
mod hostile_input;
mod hostile_scripts;
mod layering;
mod liveness;
mod many;
mod operations;
mod payloads;
mod policies;
mod quarantine;
mod respond;
mod roles;
mod swap;
mod tokens;
