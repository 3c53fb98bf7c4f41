//! The admin API's own document, and its lists page by page.

use std::collections::BTreeSet;

use harness::operator::{Administered, saying};
use serde_json::{Value, json};

use crate::admin::administered;
use crate::roles::ROUTES;

/// Every route of the document, as the table of roles has them.
async fn documented(operator: &Administered) -> BTreeSet<(String, String)> {
    let document = operator.admin("GET", "openapi.json", &Value::Null).await;
    let paths = document.body["paths"].as_object().expect("paths").clone();
    let mut documented = BTreeSet::new();
    for (path, methods) in paths {
        let path = path
            .strip_prefix("/admin/v1/")
            .expect("it is of the admin API")
            .replace("{tenant}", "acme")
            .replace("{bot}", "bot")
            .replace("{environment}", "draft")
            .replace("{secret}", "word")
            .replace("{conversation}", "none")
            .replace("{digest}", "none")
            .replace("{id}", "none");
        let methods = methods.as_object().expect("methods").keys();
        documented.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    documented
}

#[tokio::test]
async fn the_document_and_the_table_of_roles_have_the_same_routes() {
    let (_folder, operator) = administered().await;
    let tried = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let tried: BTreeSet<_> = tried.filter(|(_, path)| path != "openapi.json").collect();
    assert_eq!(documented(&operator).await, tried);
}

#[tokio::test]
async fn the_document_tells_of_each_call_what_it_takes_and_gives() {
    let (_folder, operator) = administered().await;
    let document = operator
        .admin("GET", "openapi.json", &Value::Null)
        .await
        .body;
    let deployment = &document["paths"]["/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment"]
        ["put"];
    let body = "/requestBody/content/application~1json/schema/$ref";
    assert_eq!(
        deployment.pointer(body),
        Some(&json!("#/components/schemas/DeploymentWanted"))
    );
    let refused = "/responses/422/content/application~1problem+json/schema/$ref";
    assert_eq!(
        deployment.pointer(refused),
        Some(&json!("#/components/schemas/Problem"))
    );
    assert_eq!(document["security"], json!([{ "token": [] }]));
    // Whatever it refers to is there.
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let place = reference.split('"').next().expect("a place");
        assert!(document.pointer(place).is_some(), "{place} is nowhere");
    }
}

/// All items of a list, so many at a time; and how many pages they were.
async fn paged(
    operator: &Administered,
    path: &str,
    list: &str,
    limit: usize,
) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = format!("{path}?limit={limit}{after}");
        let answer = operator.admin("GET", &page, &Value::Null).await;
        assert_eq!(answer.status, 200, "{page}: {answer:?}");
        items.extend(answer.body[list].as_array().expect("a list").clone());
        pages += 1;
        after = match &answer.body["next"] {
            Value::Null => return (items, pages),
            Value::String(next) => format!("&after={next}"),
            next => format!("&after={next}"),
        };
    }
}

#[tokio::test]
async fn each_list_is_the_same_page_by_page() {
    let (_folder, operator) = administered().await;
    for tenant in ["a", "a-b", "a0", "b"] {
        operator.upload(tenant, "bot", saying("x")).await;
    }
    for bot in ["bot", "bot2", "bot-2"] {
        for word in ["one", "two", "three"] {
            let digest = operator.upload("a", bot, saying(word)).await;
            operator.deploy("a", bot, &digest, 100).await;
        }
    }
    operator.token_for(&["invoker"], None).await;
    for (path, list, count) in [
        ("tenants", "tenants", 4),
        ("tenants/a/bots", "bots", 3),
        ("tenants/a/bots/bot/revisions", "revisions", 4),
        (
            "tenants/a/bots/bot/environments/draft/history",
            "deployments",
            3,
        ),
        ("tokens", "tokens", 2),
    ] {
        let (all, _) = paged(&operator, path, list, 1000).await;
        assert_eq!(all.len(), count, "{path}: {all:?}");
        let (one_by_one, pages) = paged(&operator, path, list, 1).await;
        assert_eq!((one_by_one, pages >= count), (all, true), "{path}");
    }
    let (audit, _) = paged(&operator, "audit", "entries", 7).await;
    let last = operator.admin("GET", "audit?last=2", &Value::Null).await;
    let newest = &audit[audit.len() - 2..];
    assert_eq!(last.body["entries"], json!(newest));
}

#[tokio::test]
async fn a_query_that_is_none_is_told_what_is_wrong() {
    let (_folder, operator) = administered().await;
    operator.upload("a", "bot", saying("x")).await;
    for (path, told) in [
        ("tenants?limit=0", "1 to 1000"),
        ("tenants?limit=1001", "1 to 1000"),
        ("tenants?limit=-1", "limit"),
        ("tenants?after=a%2Fb", "tenant"),
        ("tenants?afer=a", "afer"),
        ("tenants/a/bots?after=_", "bot"),
        ("tenants/a/bots/bot/revisions?after=x", "none of the list"),
        (
            "tenants/a/bots/bot/environments/draft/history?after=x",
            "`after`",
        ),
        ("tenants/a/bots/bot/capsules?after=x", "`after`"),
        ("tenants/a/bots/bot/capsules?since=yesterday", "since"),
        ("audit?after=1&last=1", "either"),
        ("tokens?after=x", "none of the list"),
    ] {
        let refused = operator.admin("GET", path, &Value::Null).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "bad-query"),
            "{path}"
        );
        let detail = refused.body["detail"].as_str().expect("a text");
        assert!(detail.contains(told), "{path}: {detail}");
    }
}
