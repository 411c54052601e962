package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"convoc/shared/convocation"
)

// The signals that a request shows. A header alone is held against nobody whose browser does not send it.
func TestSignals(t *testing.T) {
	const (
		chrome  = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
		edge    = chrome + " Edg/140.0.0.0"
		firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
		safari  = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
		onIOS   = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1"
		foxIOS  = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15"
	)
	navigates := map[string]string{"Sec-Fetch-Mode": "navigate"}
	pressed := map[string]string{"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}
	for _, c := range []struct {
		name    string
		agent   string
		headers map[string]string
		client  string
		fields  url.Values
		want    convocation.Signals
	}{
		{"Chrome, pressed", chrome, pressed, "192.0.2.7", nil, convocation.Signals{}},
		{"Chrome, not pressed", chrome, navigates, "192.0.2.7", nil, convocation.Signals{NoUser: true}},
		{"Edge, not pressed", edge, navigates, "192.0.2.7", nil, convocation.Signals{NoUser: true}},
		{"Firefox, not pressed", firefox, navigates, "192.0.2.7", nil, convocation.Signals{NoUser: true}},
		{"an old Chrome without any of these headers", chrome, nil, "192.0.2.7", nil, convocation.Signals{}},
		{"Safari, which never says it", safari, navigates, "192.0.2.7", nil, convocation.Signals{}},
		{"Chrome on iOS, which is Safari", onIOS, navigates, "192.0.2.7", nil, convocation.Signals{}},
		{"Firefox on iOS, which is Safari", foxIOS, navigates, "192.0.2.7", nil, convocation.Signals{}},
		{"no name at all", "", navigates, "192.0.2.7", nil, convocation.Signals{}},
		{"fetched ahead", chrome, map[string]string{"Sec-Purpose": "prefetch"}, "192.0.2.7", nil, convocation.Signals{Prefetch: true}},
		{"drawn ahead", chrome, map[string]string{"Sec-Purpose": "prefetch;prerender"}, "192.0.2.7", nil, convocation.Signals{Prefetch: true}},
		{"the decoy", safari, nil, "192.0.2.7", url.Values{"autre": {"1"}}, convocation.Signals{Decoy: true}},
		{"a scanner's network", safari, nil, "40.107.3.4", nil, convocation.Signals{Scanner: true}},
		{"a scanner's network as IPv6 writes it", safari, nil, "::ffff:40.107.3.4", nil, convocation.Signals{Scanner: true}},
		{"a scanner's network of IPv6", safari, nil, "2a01:111:f403::1", nil, convocation.Signals{Scanner: true}},
		{"beside a scanner's network", safari, nil, "40.108.0.1", nil, convocation.Signals{}},
		{"an address that is none", safari, nil, "somewhere", nil, convocation.Signals{}},
		{"no address", safari, nil, "", nil, convocation.Signals{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/c/x/ouvrir", nil)
			r.Header.Set("User-Agent", c.agent)
			for name, value := range c.headers {
				r.Header.Set(name, value)
			}
			s := Recipients{Site: Site{Client: func(*http.Request) string { return c.client }}}
			if got := s.signals(r, c.fields); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// Networks that hold no scanner: private ones, and a few of French providers.
func TestNoPersonsNetworkIsAScanners(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "192.168.1.1", "10.0.0.1", "::1", "90.0.0.1", "82.64.0.1", "176.128.0.1", "2a01:e0a::1", "2a01:cb00::1"} {
		if knownScanner(address) {
			t.Errorf("%s is taken for a scanner's", address)
		}
	}
	for _, p := range scannerNetworks {
		if !p.IsValid() || p.Masked() != p {
			t.Errorf("%s is no network", p)
		}
		if p.Addr().Is4() && p.Bits() < 13 || p.Addr().Is6() && p.Bits() < 32 {
			t.Errorf("%s is wider than any scanner's network", p)
		}
	}
}
