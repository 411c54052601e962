package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"convoc/shared/contactfile/workbook"
	"convoc/shared/page"
	"convoc/shared/web"
	"convoc/static"
)

// listen takes the two addresses and settles the origins that browsers will see.
func (m *machine) listen() (pages, documents net.Listener, err error) {
	if pages, err = listenOn(m.Addr); err != nil {
		return nil, nil, err
	}
	if documents, err = listenOn(m.FilesAddr); err != nil {
		return nil, nil, errors.Join(err, pages.Close())
	}
	m.origin, m.filesOrigin = m.Public, m.FilesPublic
	if m.origin == "" {
		m.origin = "http://" + pages.Addr().String()
	}
	if m.filesOrigin == "" {
		m.filesOrigin = "http://" + documents.Addr().String()
	}
	return pages, documents, nil
}

func listenOn(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("adresse %s : %s", addr, inWords(err, ""))
	}
	return l, nil
}

func (m *machine) site() web.Site {
	return web.Site{
		Tables: m.tables, Origin: m.origin, FilesOrigin: m.filesOrigin, Secure: strings.HasPrefix(m.origin, "https://"),
		Log: m.log, Now: m.Now, Client: m.client, Pages: page.New(),
	}
}

// client is where a request comes from. Behind a proxy (-public), the proxy says it in its last X-Forwarded-For.
func (m *machine) client(r *http.Request) string {
	if lines := r.Header.Values("X-Forwarded-For"); m.Public != "" && len(lines) > 0 { // what comes before is whatever was sent
		line := lines[len(lines)-1]
		if ip := addressOf(strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])); ip != "" {
			return ip
		}
	}
	return addressOf(r.RemoteAddr)
}

// addressOf reads « address », « address:port » or « [address]:port », as proxies write them; "" where there is none.
func addressOf(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	ip, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}

// here lets only those in, on a machine that nobody else reaches, who ask for it by a name of its own. A page of another
// site may give its own name our address (DNS rebinding), and would then be of one origin with us.
func (m *machine) here(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if m.Private && !loopback(strings.Trim(host, "[]")) {
			http.Error(w, "Cette adresse n'est pas celle de Convoc. Ouvrez "+m.origin, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// home leads whoever typed « localhost » to the one address from which the documents' host takes uploads.
func (m *machine) home(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := net.SplitHostPort(r.Host)
		looks := r.Method == http.MethodGet || r.Method == http.MethodHead
		if m.Private && looks && strings.EqualFold(name, "localhost") && "http://"+r.Host != m.origin {
			http.Redirect(w, r, m.origin+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// handler is everything that one address serves: the functions of the wiring table, the static pages, the inbox.
func (m *machine) handler(s *services) http.Handler {
	var routes []web.Route
	for name, all := range m.functions(s) {
		known := patterns(name)
		for _, r := range all {
			if slices.Contains(known, r.Pattern) { // as where functions are apart: what the table does not have is not there
				routes = append(routes, r)
			}
		}
	}
	mounted := s.site.Mount(routes...)
	mux := http.NewServeMux()
	mux.Handle("/c/", mounted)
	mux.Handle("/api/", mounted)
	mux.Handle("/", onlyRead(s.site, s.site.Static(static.Files())))
	if m.inbox != nil {
		mux.Handle("/essai/", onlyRead(s.site, inbox{m.inbox, s.site}))
	}
	return s.site.Front(m.here(m.home(http.MaxBytesHandler(mux, 1<<20))))
}

// onlyRead is for what is only to be looked at.
func onlyRead(site web.Site, next http.Handler) http.Handler {
	wrong := site.WrongMethod("GET, HEAD")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		wrong.ServeHTTP(w, r)
	})
}

// functions gives the routes of each HTTP function of the wiring table.
func (m *machine) functions(s *services) map[string][]web.Route {
	recipients := web.Recipients{Site: s.site, Answer: s.answer}
	return map[string][]web.Route{
		"view-convocation":   web.ViewConvocation(recipients),
		"attach-document":    web.AttachDocument(recipients),
		"answer-convocation": web.AnswerConvocation(recipients),
		"account-api":        web.AccountAPI(web.Accounts{Site: s.site, Account: m.account, ResetTakes: m.resetTakes()}),
		"import-contacts": web.ImportContacts(web.Imports{
			Site: s.site, Account: m.account, Import: s.imports, Contacts: s.contacts, Workbook: workbook.New,
		}),
		"admin-api": web.AdminAPI(web.Admin{
			Site: s.site, Account: m.account, Contacts: s.contacts, Compose: s.compose, Uploads: s.uploads,
			Dispatch: s.dispatch, Follow: s.follow, Answer: s.answer, Letters: s.letters,
		}),
	}
}

// serve answers one listener until the machine stops.
func (m *machine) serve(l net.Listener, p pace, h http.Handler) {
	server := &http.Server{
		Handler: p.keep(h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
	}
	m.servers = append(m.servers, server)
	m.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			m.log.Error("server", "err", err.Error())
		}
	})
}

// resetTakes hides nothing where nobody else comes.
func (m *machine) resetTakes() time.Duration {
	if m.Private {
		return 0
	}
	return web.ResetTakes
}
