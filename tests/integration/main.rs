//! What Retort promises a client.
