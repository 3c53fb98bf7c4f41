//! The document of the admin API, as OpenAPI has it: generated from the handlers, so there is no route without its lines.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};

use crate::http::callers::{Operator, Reads};
use crate::http::problem::Body;

/// Where it is.
pub(super) const PATH: &str = "/admin/v1/openapi.json";

/// Its scheme of tokens, by name.
const TOKEN: &str = "token";

/// The document, written once.
#[derive(Clone)]
pub(super) struct Document(Bytes);

impl Document {
    pub(super) fn of(document: &OpenApi) -> Self {
        let json = document.to_json();
        Self(json.expect("a document is plain JSON").into())
    }

    /// For whoever has a token, whatever its role.
    pub(super) fn get(&self, _: Operator<Reads>) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0.clone()).into_response()
    }
}

/// The document without its paths.
pub(super) fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Retort's admin API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "What operators do to a host that serves. Every call takes a token; errors are problem details (RFC 9457) \
             with a stable `code`.",
        ));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A token of this host's, as `retort tokens make` prints it",
        ));
    let mut components = ComponentsBuilder::new().schema_from::<Body>().build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
    let required = SecurityRequirement::new(TOKEN, [""; 0]);
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components))
        .security(Some([required]))
        .build()
}
