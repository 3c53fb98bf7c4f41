//! Many deployments of few artifacts, after a restart. `RETORT_TEST_DEPLOYMENTS` says how many.

use harness::operator::{Administered, saying};
use tempfile::tempdir;

const ARTIFACTS: usize = 3;

#[tokio::test]
async fn every_deployment_is_there_after_a_restart_and_a_component_is_loaded_once() {
    let many = std::env::var("RETORT_TEST_DEPLOYMENTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let many: usize = many.unwrap_or(90);
    let folder = tempdir().expect("a folder");
    let operator = Administered::open(folder.path()).await;
    let tenant = |n: usize| format!("tenant-{n}");
    let word = |n: usize| format!("word {}", n % ARTIFACTS);
    for n in 0..many {
        let digest = operator.upload(&tenant(n), "bot", saying(&word(n))).await;
        assert_eq!(
            operator
                .deploy(&tenant(n), "bot", &digest, 100)
                .await
                .status,
            200
        );
    }
    let token = operator.token.clone();
    drop(operator);
    let operator = Administered::open(folder.path()).await.with(&token);
    for n in 0..many {
        assert_eq!(operator.says(&tenant(n), "bot", "c").await, word(n));
    }
    let blobs = std::fs::read_dir(folder.path().join("blobs")).expect("a folder");
    assert_eq!(blobs.count(), ARTIFACTS);
}
