//! A document of an API, as OpenAPI has it: generated from the handlers, so there is no route without its lines.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};

use super::problem::Body;

/// The scheme of tokens, by name.
const TOKEN: &str = "token";

/// What a document says of its whole API.
pub(super) struct About {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// Which tokens it takes.
    pub(super) token: &'static str,
}

impl About {
    /// The document without its paths.
    pub(super) fn document(&self) -> OpenApi {
        let info = InfoBuilder::new()
            .title(self.title)
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(self.description));
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(self.token));
        let mut components = ComponentsBuilder::new().schema_from::<Body>().build();
        components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
        let required = SecurityRequirement::new(TOKEN, [""; 0]);
        OpenApiBuilder::new()
            .info(info.build())
            .components(Some(components))
            .security(Some([required]))
            .build()
    }
}

/// A document, written once.
#[derive(Clone)]
pub(super) struct Document(Bytes);

impl Document {
    pub(super) fn of(document: &OpenApi) -> Self {
        let json = document.to_json();
        Self(json.expect("a document is plain JSON").into())
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}
