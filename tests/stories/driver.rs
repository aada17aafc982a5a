//! A real browser, driven over `WebDriver` (W3C) by the program that Debian packs with it: one browser a driver, on a port of its own, ended with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{free_port, until};

/// The longest wait for the browser to do one thing.
const PATIENCE: Duration = Duration::from_secs(60);

/// The colours that a reader prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

/// A browser.
pub(crate) struct Driver {
    child: Child,
    port: u16,
    session: String,
    _profile: TempDir,
}

impl Driver {
    /// Starts one with a screen of this size.
    pub(crate) fn start(screen: (u32, u32), theme: Theme) -> Self {
        Self::start_with(screen, theme, &json!({}))
    }

    /// Starts one that runs no script of any page.
    pub(crate) fn without_scripts(screen: (u32, u32)) -> Self {
        let nothing = json!({ "profile.managed_default_content_settings.javascript": 2 });
        Self::start_with(screen, Theme::Light, &nothing)
    }

    fn start_with(screen: (u32, u32), theme: Theme, preferences: &Value) -> Self {
        let port = free_port();
        let profile = tempfile::tempdir().unwrap();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut driver = Self {
            child,
            port,
            session: String::new(),
            _profile: profile,
        };
        until("the driver to listen", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let profile = driver._profile.path().display();
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--user-data-dir={profile}"),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments, "prefs": preferences } } } });
        let made = driver.call("POST", "/session", &wanted);
        driver.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        driver.looks_as(screen, theme);
        driver
    }

    /// Gives it another screen and other colours.
    pub(crate) fn looks_as(&self, (width, height): (u32, u32), theme: Theme) {
        let screen =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
        let scheme = if theme == Theme::Dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Makes it ask for pages in a language.
    pub(crate) fn reads(&self, language: &str) {
        let browser = self.run("return navigator.userAgent");
        let reader = json!({ "userAgent": browser, "acceptLanguage": language });
        self.devtools("Network.setUserAgentOverride", &reader);
    }

    /// Opens a page.
    pub(crate) fn open(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// Runs a script in the page and gives what it returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script that calls its last argument when it is done.
    pub(crate) fn run_to_its_end(&self, script: &str) -> Value {
        self.ask("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// The words that the page shows.
    pub(crate) fn words(&self) -> String {
        let words = self.run("return document.body.innerText");
        words.as_str().unwrap().to_owned()
    }

    /// Types into a field as a person does.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let field = self.find(selector);
        self.ask(
            "POST",
            &format!("/element/{field}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses a key of the keyboard, wherever the page is (`WebDriver` section 17.4.2: keys have private code points).
    pub(crate) fn strike(&self, key: char) {
        let strokes = ["keyDown", "keyUp"].map(|stroke| json!({ "type": stroke, "value": key.to_string() }));
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] });
        self.ask("POST", "/actions", &actions);
    }

    /// The address of the page that is open.
    pub(crate) fn at(&self) -> String {
        self.ask("GET", "/url", &json!({})).as_str().unwrap().to_owned()
    }

    /// Presses a button, and waits for the page behind it.
    pub(crate) fn press(&self, selector: &str) {
        let button = self.find(selector);
        self.ask("POST", &format!("/element/{button}/click"), &json!({}));
    }

    /// The element of a selector (CSS).
    fn find(&self, selector: &str) -> String {
        let found = self.ask(
            "POST",
            "/element",
            &json!({ "using": "css selector", "value": selector }),
        );
        let name = found.as_object().unwrap().values().next().unwrap();
        name.as_str().unwrap().to_owned()
    }

    /// Has the browser do what `WebDriver` has no word for.
    fn devtools(&self, command: &str, parameters: &Value) {
        let order = json!({ "cmd": command, "params": parameters });
        self.ask("POST", "/goog/cdp/execute", &order);
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("{}{path}", self.session), body)
    }

    /// One request to the driver.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        // The driver keeps the connection whatever it is told: the answer ends where its length says.
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let told = String::from_utf8_lossy(&body);
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {told}");
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        answer["value"].take()
    }
}

impl Driver {
    /// Asks the driver to end its browser, which is in a group of its own; tells nobody where that fails.
    fn end_browser(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let head = "HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        write!(stream, "DELETE {} {head}", self.session)?;
        // It answers when the browser has ended.
        stream.read(&mut [0]).map(|_read| ())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Also where a story has failed: nothing in here may fail a second time.
        if !self.session.is_empty() {
            drop(self.end_browser());
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
