//! Perl's `Net::Abuse::Utils`, asked as its users ask it, with every server of the internet on loopback.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Reads questions and writes what the library says.
const PROGRAM: &str = include_str!("net_abuse_utils.pl");

/// The library, and whom it reaches.
#[derive(Debug, Clone)]
pub struct NetAbuseUtils {
    /// Where each WHOIS server is; the others refuse.
    pub whois: Vec<(String, SocketAddr)>,
    /// Where the resolver is; without one nothing resolves.
    pub resolver: Option<SocketAddr>,
}

impl NetAbuseUtils {
    /// Whether it is installed.
    pub async fn is_there() -> bool {
        let asked = Command::new("perl")
            .args(["-MNet::Abuse::Utils", "-e", "1"])
            .stderr(Stdio::null())
            .status()
            .await;
        asked.is_ok_and(|status| status.success())
    }

    /// Asks by calling its functions, one a question: `get_rdns 192.0.2.1`. Each gives the values that it returned; none where that was
    /// undefined.
    ///
    /// # Errors
    /// The program does not run, or answers something else.
    pub async fn ask(&self, questions: &[String]) -> io::Result<Vec<Vec<String>>> {
        let whois = self.whois.iter().map(|(name, place)| format!("{name}={place} "));
        // Nobody listens on port 1.
        let resolver = self
            .resolver
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 1)));
        let mut program = Command::new("perl")
            .args(["-e", PROGRAM])
            .env("WHOIS", whois.collect::<String>())
            .env("RES_NAMESERVERS", resolver.ip().to_string())
            .env(
                "RES_OPTIONS",
                format!("port:{} attempts:1 timeout:2", resolver.port()),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let asked: String = questions.iter().map(|question| format!("{question}\n")).collect();
        if let Some(mut input) = program.stdin.take() {
            input.write_all(asked.as_bytes()).await?;
        }
        let output = program.wait_with_output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let answers: Result<Vec<Vec<String>>, _> = said.lines().map(serde_json::from_str).collect();
        let answers = answers.map_err(io::Error::other)?;
        if answers.len() == questions.len() {
            Ok(answers)
        } else {
            Err(io::Error::other(format!("not an answer a question: {said}")))
        }
    }
}
