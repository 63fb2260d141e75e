//! An agent that says what it was told to say.
use std::{
    io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex},
};

use futures::{Stream, StreamExt as _, stream};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use netobs_api::v1::{
    Caught, Cause, ExplainRequest, ExplainResponse, GetInventoryRequest, GetInventoryResponse, GetStatusRequest,
    GetStatusResponse, ListCausesRequest, ListCausesResponse, SubscribeRequest, SubscribeResponse, WatchCausesRequest,
    WatchCausesResponse,
    flow_service_server::{FlowService, FlowServiceServer},
    watch_causes_response::Message,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    runtime::Runtime,
    sync::broadcast,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) node: &'static str,
    pub(super) flows: Vec<SubscribeResponse>,
    pub(super) causes: Vec<Cause>,
    pub(super) inventory: Vec<GetInventoryResponse>,
    pub(super) status: GetStatusResponse,
    pub(super) explanation: ExplainResponse,
    /// With which each call is answered instead.
    pub(super) refusal: Option<Status>,
    /// With which streams end.
    pub(super) end: Option<Status>,
}

pub(super) struct Agent {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Asked>>,
    /// What followers are told later.
    news: broadcast::Sender<News>,
    _runtime: Runtime,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) flows: Vec<SubscribeRequest>,
    pub(super) causes: Vec<ListCausesRequest>,
    pub(super) inventories: Vec<GetInventoryRequest>,
    pub(super) explanations: Vec<ExplainRequest>,
}

#[derive(Clone)]
pub(super) enum News {
    Flow(Box<SubscribeResponse>),
    Cause(Box<Cause>),
    End,
}

#[derive(Clone)]
struct Scripted {
    script: Script,
    asked: Arc<Mutex<Asked>>,
    news: broadcast::Sender<News>,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Agent {
    pub(super) fn start(script: Script) -> Self {
        Self::with(script, None)
    }

    pub(super) fn with_tls(script: Script, config: ServerConfig) -> Self {
        Self::with(script, Some(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) fn on_socket(path: &Path, script: Script) -> Self {
        let (agent, scripted) = Self::idle(script);
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        agent._runtime.spawn(async move {
            let listener = UnixListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(speak(stream, scripted.clone()));
            }
        });
        agent
    }

    pub(super) fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn asked(&self) -> Asked {
        self.asked.lock().unwrap().clone()
    }

    /// Tells all followers; the answer is how many there are.
    pub(super) fn tell(&self, news: News) -> usize {
        self.news.send(news).unwrap_or(0)
    }

    fn with(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let (mut agent, scripted) = Self::idle(script);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        agent.address = listener.local_addr().unwrap();
        agent._runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, scripted) = (tls.clone(), scripted.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => speak(tls.accept(stream).await?, scripted).await,
                        None => speak(stream, scripted).await,
                    }
                    io::Result::Ok(())
                });
            }
        });
        agent
    }

    fn idle(script: Script) -> (Self, Scripted) {
        let scripted = Scripted {
            script,
            asked: Arc::default(),
            news: broadcast::channel(64).0,
        };
        let agent = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            asked: Arc::clone(&scripted.asked),
            news: scripted.news.clone(),
            _runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
        };
        (agent, scripted)
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, scripted: Scripted) {
    let service = TowerToHyperService::new(FlowServiceServer::new(scripted));
    let server = auto::Builder::new(TokioExecutor::new()).http2_only();
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

impl Scripted {
    fn refuse(&self) -> Result<(), Status> {
        self.script.refusal.clone().map_or(Ok(()), Err)
    }

    /// What was there, and then what comes, for as long as it is followed.
    fn answers<T: Send + 'static>(
        &self,
        told: Vec<T>,
        follow: bool,
        of: impl Fn(News) -> Option<T> + Send + 'static,
    ) -> Answers<T> {
        let told = stream::iter(told).map(Ok);
        if let Some(end) = self.script.end.clone() {
            return told.chain(stream::iter([Err(end)])).boxed();
        }
        if !follow {
            return told.boxed();
        }
        let news = stream::unfold(self.news.subscribe(), |mut news| async {
            match news.recv().await {
                Ok(News::End) | Err(_) => None,
                Ok(one) => Some((one, news)),
            }
        });
        let news = news.filter_map(move |one| {
            let one = of(one).map(Ok);
            async { one }
        });
        told.chain(news).boxed()
    }
}

#[tonic::async_trait]
impl FlowService for Scripted {
    type SubscribeStream = Answers<SubscribeResponse>;
    type WatchCausesStream = Answers<WatchCausesResponse>;
    type GetInventoryStream = Answers<GetInventoryResponse>;

    async fn subscribe(&self, request: Request<SubscribeRequest>) -> Result<Response<Self::SubscribeStream>, Status> {
        let request = request.into_inner();
        let follow = request.follow;
        self.asked.lock().unwrap().flows.push(request);
        self.refuse()?;
        let answers = self.answers(self.script.flows.clone(), follow, |news| match news {
            News::Flow(flow) => Some(*flow),
            News::Cause(_) | News::End => None,
        });
        Ok(Response::new(answers))
    }

    async fn list_causes(&self, request: Request<ListCausesRequest>) -> Result<Response<ListCausesResponse>, Status> {
        self.asked.lock().unwrap().causes.push(request.into_inner());
        self.refuse()?;
        Ok(Response::new(ListCausesResponse {
            causes: self.script.causes.clone(),
            node_name: self.script.node.to_owned(),
            not_kept: 0,
        }))
    }

    async fn watch_causes(&self, _: Request<WatchCausesRequest>) -> Result<Response<Self::WatchCausesStream>, Status> {
        self.refuse()?;
        let node_name = self.script.node.to_owned();
        let answer = move |message| WatchCausesResponse {
            message: Some(message),
            node_name: node_name.clone(),
        };
        let causes = self.script.causes.iter().cloned().map(Message::Cause);
        let told = causes.chain([Message::CaughtUp(Caught {})]).map(&answer).collect();
        let answers = self.answers(told, true, move |news| match news {
            News::Cause(cause) => Some(answer(Message::Cause(*cause))),
            News::Flow(_) | News::End => None,
        });
        Ok(Response::new(answers))
    }

    async fn explain(&self, request: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        self.asked.lock().unwrap().explanations.push(request.into_inner());
        self.refuse()?;
        Ok(Response::new(self.script.explanation.clone()))
    }

    async fn get_inventory(
        &self,
        request: Request<GetInventoryRequest>,
    ) -> Result<Response<Self::GetInventoryStream>, Status> {
        self.asked.lock().unwrap().inventories.push(request.into_inner());
        self.refuse()?;
        Ok(Response::new(self.answers(
            self.script.inventory.clone(),
            false,
            |_| None,
        )))
    }

    async fn get_status(&self, _: Request<GetStatusRequest>) -> Result<Response<GetStatusResponse>, Status> {
        self.refuse()?;
        Ok(Response::new(self.script.status.clone()))
    }
}
