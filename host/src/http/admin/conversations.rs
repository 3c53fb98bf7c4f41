//! What is kept of conversations: it can be removed, and is not shown.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problems::Problems;
use crate::http::callers::{Governs, Operator};
use crate::http::problem::{Problem, checked_conversation};
use crate::http::received::Names;
use crate::tenant::TenantId;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfConversation {
    /// Whose.
    tenant: TenantId,
    /// The platform's id of it.
    conversation: String,
}

/// What was removed.
#[derive(Serialize, ToSchema)]
pub(super) struct Erased {
    /// How many records: the state that each bot kept of it, and what the platform said when it began.
    records: usize,
}

/// Removes all that is kept of a conversation, whichever bots it had to do with. No harm if that is nothing. Takes the
/// role admin.
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/conversations/{conversation}",
    tag = "conversations",
    params(OfConversation),
    responses((status = 200, description = "What was removed", body = Erased), Problems)
)]
pub(super) async fn erase_conversation(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(of): Names<OfConversation>,
) -> Result<Json<Erased>, Problem> {
    checked_conversation(&of.conversation)?;
    let by = caller.by("");
    let records = control.erase(&of.tenant, &of.conversation, by).await?;
    Ok(Json(Erased { records }))
}
