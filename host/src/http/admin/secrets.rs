//! The secrets of a tenant's bots. A value goes in, and never comes out.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::bots::OfTenant;
use super::problems::Problems;
use crate::control::NotChanged;
use crate::http::callers::{Audits, Governs, Operator};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::liveperson::read;
use crate::tenant::{SecretName, TenantId};
use crate::vault::Secret;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfSecret {
    /// Whose.
    tenant: TenantId,
    /// Which.
    secret: SecretName,
}

/// A tenant's secrets, without their values.
#[derive(Serialize, ToSchema)]
pub(super) struct Secrets {
    secrets: Vec<Named>,
}

/// A secret, without its value.
#[derive(Serialize, ToSchema)]
#[schema(as = Secret)]
struct Named {
    /// What bots read it by.
    name: SecretName,
    /// When it was set.
    at: Timestamp,
    /// By whom.
    by: String,
}

/// A secret's value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecretValue)]
pub(super) struct Given {
    /// 8 to 16,384 bytes of text.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, min_length = 8, max_length = 16_384, write_only)]
    value: String,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Says nothing of what it is instead: that may be the secret.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        _ => Err(serde::de::Error::custom("it has to be a text")),
    }
}

/// Lists a tenant's secrets by name. Takes the role admin or developer.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/secrets",
    tag = "secrets",
    params(OfTenant),
    responses((status = 200, description = "All of them, without their values", body = Secrets), Problems)
)]
pub(super) async fn list_secrets(
    Operator { control, .. }: Operator<Audits>,
    Names(OfTenant { tenant }): Names<OfTenant>,
) -> Result<Json<Secrets>, Problem> {
    let secrets = control.secrets(&tenant).await?;
    let named = secrets.into_iter().map(|(name, kept)| Named {
        name,
        at: kept.at,
        by: kept.by,
    });
    let secrets = named.collect();
    Ok(Json(Secrets { secrets }))
}

/// Sets a secret, in place of what it was. Takes the role admin.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/secrets/{secret}",
    tag = "secrets",
    params(OfSecret),
    request_body(content = Given, content_type = "application/json"),
    responses((status = 204, description = "It is set"), Problems)
)]
pub(super) async fn set_secret(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(of): Names<OfSecret>,
    received: Received,
) -> Result<StatusCode, Problem> {
    let given: Given = received.read(read).await?;
    let secret = Secret::new(given.value).map_err(NotChanged::from)?;
    let by = caller.by(given.note);
    control
        .set_secret(&of.tenant, &of.secret, &secret, by)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a secret. Takes the role admin.
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/secrets/{secret}",
    tag = "secrets",
    params(OfSecret),
    responses((status = 204, description = "It is gone"), Problems)
)]
pub(super) async fn remove_secret(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(of): Names<OfSecret>,
) -> Result<StatusCode, Problem> {
    let by = caller.by("");
    control.remove_secret(&of.tenant, &of.secret, by).await?;
    Ok(StatusCode::NO_CONTENT)
}
