// Says whether the page is live, and keeps a form from being sent twice. The pages work without it.
(function () {
  "use strict";

  document.addEventListener("submit", function (event) {
    if (event.target.dataset.sent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.sent = "yes";
  });

  // while a file is on its way, the page says how far it has come
  document.addEventListener("submit", function (event) {
    var where = event.target.dataset.follow;
    var place = document.getElementById("following");
    if (!where || !place) {
      return;
    }
    window.setInterval(function () {
      fetch(where, { credentials: "same-origin" }).then(function (answer) {
        return answer.ok ? answer.text() : "";
      }).then(function (html) {
        place.innerHTML = html;
      }).catch(function () {});
    }, 2000);
  });

  // a page that comes back from the browser's memory may be sent again
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
    var opened = document.querySelector("#h-call, #h-line, #h-person");
    if (opened) {
      opened.focus();
    }
  });

  function pulse(live) {
    var place = document.getElementById("pulse");
    if (place) {
      place.textContent = live ? place.dataset.live : place.dataset.lost;
      place.classList.toggle("lost", !live);
    }
  }

  // A browser opens six connections to one host. A page that nobody sees gives its own back, so that a seventh
  // page loads; what it missed comes with the first answer when it is seen again.
  function stream(url) {
    var listeners = [];
    var source = null;
    var ended = false;
    var handle = {
      onopen: null,
      onerror: null,
      get readyState() { return ended ? EventSource.CLOSED : source ? source.readyState : EventSource.CONNECTING; },
      addEventListener: function (name, listener) {
        listeners.push([name, listener]);
        if (source) {
          source.addEventListener(name, listener);
        }
      },
      removeEventListener: function (name, listener) {
        listeners = listeners.filter(function (each) { return each[0] !== name || each[1] !== listener; });
        if (source) {
          source.removeEventListener(name, listener);
        }
      },
      close: function () {
        ended = true;
        document.removeEventListener("visibilitychange", follow);
        follow();
      }
    };
    function follow() {
      if (source && (ended || document.hidden)) {
        source.close();
        source = null;
      } else if (!source && !ended && !document.hidden) {
        source = new EventSource(url, { withCredentials: true });
        source.onopen = function (event) { if (handle.onopen) { handle.onopen(event); } };
        source.onerror = function (event) { if (handle.onerror) { handle.onerror(event); } };
        listeners.forEach(function (each) { source.addEventListener(each[0], each[1]); });
      }
    }
    document.addEventListener("visibilitychange", follow);
    follow();
    return handle;
  }
  if (window.htmx) {
    window.htmx.createEventSource = stream;
  }

  document.addEventListener("htmx:sseOpen", function () { pulse(true); });
  document.addEventListener("htmx:sseError", function () { pulse(false); });
})();
