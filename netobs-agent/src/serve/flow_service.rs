//! The service of the contract: checks what is asked, and answers from the feed and the app.
use std::sync::Arc;

use futures::stream::BoxStream;
use netobs_api::{
    encoded::{Told, flow_service_server::FlowService},
    model, v1,
};
use netobs_core::time::Timestamp;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::{
    app::App,
    cause_watch::{self, watch_causes},
    feed::Feed,
    inventory,
    seats::Seats,
    sides::Screen,
    status::{redact, status},
    subscription::{Answers, Wanted, subscribe},
};

pub(super) struct Service {
    pub(super) feed: Feed,
    pub(super) seats: Seats,
    pub(super) app: App,
    pub(super) listeners: Vec<String>,
    /// Before those who ask from outside, where something is hidden from them.
    pub(super) screen: Option<Arc<Screen>>,
    /// Of the inventory, which is copied to hide something in it.
    pub(super) copies: Arc<Semaphore>,
}

/// So many are told at once; others wait until one was told, or took too long.
pub(super) const MOST_COPIES: usize = 2;

#[tonic::async_trait]
impl FlowService for Service {
    type SubscribeStream = Answers;
    type GetInventoryStream = inventory::Answers;
    type WatchCausesStream = BoxStream<'static, Result<v1::WatchCausesResponse, Status>>;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let wanted = wanted(request.get_ref())?;
        if let Some(screen) = &self.screen {
            screen.check(&wanted.filters)?;
        }
        let seat = self.seats.take()?;
        Ok(Response::new(subscribe(self.feed.clone(), wanted, seat).await))
    }

    async fn list_causes(&self, request: Request<v1::ListCausesRequest>) -> Result<Response<Told>, Status> {
        let filter = model::cause_filter(request.get_ref().filter.as_ref()).map_err(invalid)?;
        let snapshot = self.app.snapshot().await?;
        let causes = self.feed.causes();
        let wanted = causes.iter().filter(|noted| filter.pass(&noted.cause));
        let each = wanted.map(|noted| v1::ListCausesResponse {
            causes: vec![cause_watch::cause(noted)],
            ..v1::ListCausesResponse::default()
        });
        let all = v1::ListCausesResponse {
            causes: Vec::new(),
            node_name: self.feed.node_name().to_owned(),
            not_kept: snapshot.causes_not_kept,
        };
        Ok(Response::new(Told::joined(each.chain([all]))))
    }

    async fn watch_causes(
        &self,
        request: Request<v1::WatchCausesRequest>,
    ) -> Result<Response<Self::WatchCausesStream>, Status> {
        let filter = model::cause_filter(request.get_ref().filter.as_ref()).map_err(invalid)?;
        let seat = self.seats.take()?;
        Ok(Response::new(watch_causes(self.feed.clone(), filter, seat)))
    }

    async fn explain(&self, request: Request<v1::ExplainRequest>) -> Result<Response<v1::ExplainResponse>, Status> {
        let question = model::explain_question(request.get_ref()).map_err(invalid)?;
        if let Some(screen) = &self.screen {
            screen.check_question(&question)?;
        }
        let redacted = self.screen.is_some();
        Ok(Response::new(self.app.explain(question, redacted).await?))
    }

    async fn get_inventory(
        &self,
        request: Request<v1::GetInventoryRequest>,
    ) -> Result<Response<Self::GetInventoryStream>, Status> {
        let filter = model::inventory_filter(request.get_ref()).map_err(invalid)?;
        if let Some(screen) = &self.screen {
            screen.check_workloads(&filter.workloads)?;
        }
        let seat = self.seats.take()?;
        let Some(screen) = &self.screen else {
            let snapshot = self.app.inventory().await?;
            return Ok(Response::new(inventory::answers(snapshot, &filter, seat, None)));
        };
        let copy = Arc::clone(&self.copies).acquire_owned().await.ok();
        let snapshot = inventory::redacted(self.app.inventory().await?, screen, &self.feed).await;
        Ok(Response::new(inventory::answers(snapshot, &filter, seat, copy)))
    }

    async fn get_status(&self, _: Request<v1::GetStatusRequest>) -> Result<Response<v1::GetStatusResponse>, Status> {
        let snapshot = self.app.snapshot().await?;
        let mut answer = status(&snapshot, &self.feed, &self.seats, &self.listeners);
        if let Some(screen) = &self.screen {
            redact(&mut answer, &snapshot, screen);
        }
        Ok(Response::new(answer))
    }
}

fn wanted(request: &v1::SubscribeRequest) -> Result<Wanted, Status> {
    let wanted = Wanted {
        filters: model::filter(&request.include, &request.exclude).map_err(invalid)?,
        since: request.since_unix_nanos.map(time),
        until: request.until_unix_nanos.map(time),
        last: request.last,
        follow: request.follow,
    };
    if let (Some(since), Some(until)) = (wanted.since, wanted.until)
        && since > until
    {
        return Err(Status::invalid_argument(format!(
            "since_unix_nanos ({}) is after until_unix_nanos ({}): nothing can be between them",
            since.0, until.0
        )));
    }
    Ok(wanted)
}

/// Before 1970 there was nothing to see.
fn time(unix_nanos: i64) -> Timestamp {
    Timestamp(u64::try_from(unix_nanos).unwrap_or(0))
}

fn invalid(error: impl std::error::Error) -> Status {
    Status::invalid_argument(error.to_string())
}
