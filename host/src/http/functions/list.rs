//! What serves as `production`, in a list for LivePerson's clients of functions.

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::failed::{Failed, version};
use super::{asked, told};
use crate::http::FrontDoor;
use crate::liveperson::functions::{Listed, PRODUCTIVE, write_listed};
use crate::tenant::{EventId, TenantId};

#[derive(Deserialize)]
struct OfTenant {
    tenant: TenantId,
}

pub(in crate::http) async fn list_functions(
    State(door): State<FrontDoor>,
    request: Request,
) -> Response {
    let version = version(request.uri());
    told(version, listed(&door, request).await)
}

async fn listed(door: &FrontDoor, request: Request) -> Result<Response, Failed> {
    let filter = Filter::of(&request);
    let (OfTenant { tenant }, _) = asked(door, request).await?;
    let productions = door.host.registry().productions(&tenant);
    let listed = productions.iter().filter_map(|(at, serving)| {
        let listed = Listed {
            name: &at.bot,
            uuid: at.bot.uuid(&at.tenant),
            events: &serving.first().events,
        };
        let event = filter.event.as_deref();
        filter.takes(&listed).then(|| write_listed(&listed, event))
    });
    Ok(Json(listed.collect::<Vec<Value>>()).into_response())
}

/// Which of them somebody asks for; a client that asks for all sends some of the names with nothing behind them.
#[derive(Default)]
struct Filter {
    event: Option<String>,
    name: Option<String>,
    states: Vec<String>,
}

impl Filter {
    fn of(request: &Request) -> Self {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
        let pairs = pairs.map(|Query(pairs)| pairs).unwrap_or_default();
        let mut filter = Self::default();
        for (key, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match key.as_str() {
                "eventId" => filter.event = Some(value),
                "name" | "functionName" => filter.name = Some(value),
                "state" => filter.states.push(value),
                _ => {}
            }
        }
        filter
    }

    fn takes(&self, listed: &Listed<'_>) -> bool {
        let listens = |event: &String| {
            listed
                .events
                .iter()
                .map(EventId::as_str)
                .any(|its| its == event)
        };
        self.event.as_ref().is_none_or(listens)
            && self
                .name
                .as_ref()
                .is_none_or(|name| name == listed.name.as_str())
            && (self.states.is_empty() || self.states.iter().any(|state| state == PRODUCTIVE))
    }
}
