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
    var call = document.getElementById("h-call");
    if (call) {
      call.focus();
    }
  });

  function pulse(live) {
    var place = document.getElementById("pulse");
    if (place) {
      place.textContent = live ? place.dataset.live : place.dataset.lost;
      place.classList.toggle("lost", !live);
    }
  }

  document.addEventListener("htmx:sseOpen", function () { pulse(true); });
  document.addEventListener("htmx:sseError", function () { pulse(false); });
})();
