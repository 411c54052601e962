package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/infra/stack/hosts"
	"convoc/shared/files/dirfiles"
	"convoc/shared/lambdahttp"
	"convoc/shared/page"
	"convoc/shared/web"
	"convoc/static"
)

func TestDistributionsSpeakModernTLSAndKeepNoLog(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		distributions := main.of(t, "AWS::CloudFront::Distribution")
		if len(distributions) != 2 {
			t.Errorf("%d distributions", len(distributions))
		}
		for name, d := range distributions {
			d.is(t, "DistributionConfig.ViewerCertificate.MinimumProtocolVersion", `"TLSv1.2_2021"`)
			d.is(t, "DistributionConfig.HttpVersion", `"http2and3"`)
			d.is(t, "DistributionConfig.Logging", "null")
			d.is(t, "DistributionConfig.Enabled", "true")
			for _, b := range behaviors(d) {
				if policy := at(b, "ViewerProtocolPolicy"); policy != "redirect-to-https" && policy != "https-only" {
					t.Errorf("%s: %v", name, policy)
				}
				if at(b, "RealtimeLogConfigArn") != nil {
					t.Errorf("%s logs requests", name)
				}
			}
		}
	})
}

// behaviors are those of a distribution, the default one first.
func behaviors(d resource) []any {
	others, _ := at(d.Properties, "DistributionConfig.CacheBehaviors").([]any)
	return append([]any{at(d.Properties, "DistributionConfig.DefaultCacheBehavior")}, others...)
}

// originOf gives the origin of a behavior.
func originOf(t *testing.T, d resource, behavior any) any {
	t.Helper()
	origins, _ := at(d.Properties, "DistributionConfig.Origins").([]any)
	for _, o := range origins {
		if at(o, "Id") == at(behavior, "TargetOriginId") {
			return o
		}
	}
	t.Fatal("no origin")
	return nil
}

// disabled is CloudFront's own policy that keeps nothing.
const disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

func TestAPIIsPassedOnWithTheSecretAndNeverKept(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		site := main.one(t, "Site")
		var paths []string
		for _, b := range behaviors(site)[1:] {
			paths = append(paths, at(b, "PathPattern").(string))
			if at(b, "CachePolicyId") != disabled || at(b, "OriginRequestPolicyId") != "${ToFunctions}" || len(list(at(b, "AllowedMethods"))) != 7 {
				t.Errorf("%s", written(b))
			}
			origin := originOf(t, site, b)
			headers, _ := at(origin, "OriginCustomHeaders").([]any)
			if len(headers) != 1 || at(headers[0], "HeaderName") != lambdahttp.SecretHeader {
				t.Errorf("the functions would refuse everybody: %s", written(headers))
			}
			if got := at(origin, "CustomOriginConfig.OriginProtocolPolicy"); got != "https-only" {
				t.Errorf("to the API by %v", got)
			}
		}
		slices.Sort(paths)
		if !slices.Equal(paths, []string{"/api/?*", "/c/?*"}) {
			t.Errorf("the functions are at %q", paths)
		}
		policy := main.one(t, "ToFunctions")
		policy.is(t, "OriginRequestPolicyConfig.CookiesConfig", `{"CookieBehavior":"all"}`)
		policy.is(t, "OriginRequestPolicyConfig.QueryStringsConfig", `{"QueryStringBehavior":"all"}`)
		headers := list(at(policy.Properties, "OriginRequestPolicyConfig.HeadersConfig.Headers"))
		if !slices.Contains(headers, "CloudFront-Viewer-Address") || !slices.Contains(headers, "Content-Type") || !slices.Contains(headers, web.CollectivityHeader) || slices.Contains(headers, "Host") || len(headers) > 10 {
			t.Errorf("headers %q", headers)
		}
	})
}

// The secret is in no template: CloudFormation reads it, for CloudFront and for the functions alike.
func TestOriginSecretIsOneAndNotWritten(t *testing.T) {
	a := synthesized(t)
	for main, name := range map[*template]string{&a.main: "OriginSecret1", &a.trial: "OriginSecret2"} {
		if got := len(main.of(t, "AWS::SecretsManager::Secret")); got != 1 {
			t.Errorf("%d secrets", got)
		}
		main.one(t, name).is(t, "GenerateSecretString", `{"ExcludePunctuation":true,"PasswordLength":48}`)
		want := "{{resolve:secretsmanager:${" + name + "}:SecretString:::}}"
		main.one(t, "FunctionViewConvocation").is(t, "Environment.Variables.CONVOC_ORIGIN_SECRET", written(want))
		if !strings.Contains(written(main.one(t, "Site").Properties), `"HeaderValue":"`+want+`"`) {
			t.Errorf("CloudFront does not say %s", want)
		}
	}
}

// Otherwise somebody else's refusal, kept for ten seconds, would be told to the next reader.
func TestNoErrorIsKept(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		for _, name := range []string{"Site", "FilesHost"} {
			responses, _ := at(main.one(t, name).Properties, "DistributionConfig.CustomErrorResponses").([]any)
			if len(responses) != len(errorStatuses) {
				t.Errorf("%s: %d statuses", name, len(responses))
			}
			for _, r := range responses {
				if at(r, "ErrorCachingMinTTL") != 0.0 {
					t.Errorf("%s keeps %s", name, written(r))
				}
				if name == "Site" && at(r, "ResponsePagePath") != nil {
					t.Errorf("a page takes the place of what the functions say: %s", written(r))
				}
			}
		}
	})
}

func TestPagesComeFromAPrivateBucket(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		site := main.one(t, "Site")
		b := behaviors(site)[0]
		origin := originOf(t, site, b)
		if at(origin, "DomainName") != "${Pages.RegionalDomainName}" || at(origin, "OriginAccessControlId") == nil {
			t.Errorf("origin %s", written(origin))
		}
		if written(at(b, "AllowedMethods")) != `["GET","HEAD"]` {
			t.Errorf("methods %s", written(at(b, "AllowedMethods")))
		}
		for _, oac := range main.of(t, "AWS::CloudFront::OriginAccessControl") {
			oac.is(t, "OriginAccessControlConfig.SigningBehavior", `"always"`)
			oac.is(t, "OriginAccessControlConfig.SigningProtocol", `"sigv4"`)
		}
		lets := written(main.one(t, "PagesPolicy").Properties)
		for _, name := range []string{"Site", "FilesHost"} {
			want := `"Condition":{"StringEquals":{"AWS:SourceArn":"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${` + name + `}"}}`
			if !strings.Contains(lets, want) {
				t.Errorf("%s may not read: %s", name, lets)
			}
		}
		if strings.Count(lets, `"Effect":"Allow"`) != 2 {
			t.Errorf("somebody else may read: %s", lets)
		}
	})
}

// S3 must see the host, path and query that were signed, and no second signature.
func TestSignaturesSurviveTheFilesHost(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		host := main.one(t, "FilesHost")
		b := behaviors(host)[0]
		origin := originOf(t, host, b)
		if written(origin) != `{"DomainName":"${Files.RegionalDomainName}","Id":`+written(at(origin, "Id"))+`,"S3OriginConfig":{"OriginAccessIdentity":""}}` {
			t.Errorf("origin %s", written(origin))
		}
		if at(b, "CachePolicyId") != disabled || at(b, "OriginRequestPolicyId") != "${ToFiles}" || at(b, "FunctionAssociations") != nil ||
			len(list(at(b, "AllowedMethods"))) != 7 {
			t.Errorf("%s", written(b))
		}
		policy := main.one(t, "ToFiles")
		policy.is(t, "OriginRequestPolicyConfig.QueryStringsConfig", `{"QueryStringBehavior":"all"}`)
		policy.is(t, "OriginRequestPolicyConfig.CookiesConfig", `{"CookieBehavior":"none"}`)
		policy.is(t, "OriginRequestPolicyConfig.HeadersConfig.Headers",
			`["Content-Type","Origin","Access-Control-Request-Method","Access-Control-Request-Headers"]`)
	})
}

func TestFilesHostSpeaksFrench(t *testing.T) {
	host := synthesized(t).main.one(t, "FilesHost")
	pages := map[int]string{}
	responses, _ := at(host.Properties, "DistributionConfig.CustomErrorResponses").([]any)
	for _, r := range responses {
		if path, _ := at(r, "ResponsePagePath").(string); path != "" {
			status := int(at(r, "ErrorCode").(float64))
			pages[status] = strings.TrimPrefix(path, "/")
			if at(r, "ResponseCode") != at(r, "ErrorCode") {
				t.Errorf("a refusal looks like something else: %s", written(r))
			}
		}
	}
	for status, code := range hosts.ErrorPages {
		if pages[status] != hosts.ErrorPage(status) {
			t.Errorf("%d: got %q", status, pages[status])
		}
		if got := page.ProblemOf(code).Code; got != code {
			t.Errorf("%d: package page knows no problem %q", status, code)
		}
	}
	b := behaviors(host)[1]
	if at(b, "PathPattern") != "/erreurs/*" || at(originOf(t, host, b), "DomainName") != "${Pages.RegionalDomainName}" {
		t.Errorf("the pages are not found: %s", written(b))
	}
}

// saidBy gives the headers that a policy sets, under the names that CloudFront's documentation gives them.
func saidBy(t *testing.T, policy resource) map[string]string {
	t.Helper()
	said := map[string]string{}
	custom, _ := at(policy.Properties, "ResponseHeadersPolicyConfig.CustomHeadersConfig.Items").([]any)
	for _, h := range custom {
		said[at(h, "Header").(string)] = at(h, "Value").(string)
		if at(h, "Override") != true {
			t.Errorf("%s: the origin may say something else", written(h))
		}
	}
	security, _ := at(policy.Properties, "ResponseHeadersPolicyConfig.SecurityHeadersConfig").(map[string]any)
	for name, value := range security {
		if at(value, "Override") != true {
			t.Errorf("%s: the origin may say something else", name)
		}
		switch name {
		case "ContentSecurityPolicy":
			said["Content-Security-Policy"] = at(value, "ContentSecurityPolicy").(string)
		case "ContentTypeOptions":
			said["X-Content-Type-Options"] = "nosniff"
		case "ReferrerPolicy":
			said["Referrer-Policy"] = at(value, "ReferrerPolicy").(string)
		case "StrictTransportSecurity":
			said["Strict-Transport-Security"] = fmt.Sprintf("max-age=%.0f", at(value, "AccessControlMaxAgeSec"))
			if at(value, "IncludeSubdomains") == true {
				said["Strict-Transport-Security"] += "; includeSubDomains"
			}
		default:
			t.Errorf("%s is set and not looked at", name)
		}
	}
	return said
}

// answered are the headers of a handler's answer that are not about the file.
func answered(h http.Handler, path string) map[string]string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	got := map[string]string{}
	for name := range w.Header() {
		if !slices.Contains([]string{"Accept-Ranges", "Content-Length", "Content-Type", "Etag", "Last-Modified"}, name) {
			got[name] = w.Header().Get(name)
		}
	}
	return got
}

func TestPagesHaveTheHeadersOfOneMachine(t *testing.T) {
	a := synthesized(t)
	for main, domain := range map[*template]string{&a.main: "exemple.fr", &a.trial: "convoc.exemple.fr"} {
		site := web.Site{Origin: "https://convoc." + domain, FilesOrigin: "https://documents." + domain, Secure: true}
		if diff := cmp.Diff(answered(site.Static(static.Files()), "/index.html"), saidBy(t, main.one(t, "PagesHeaders"))); diff != "" {
			t.Errorf("(-one machine +CloudFront)\n%s", diff)
		}
		b := behaviors(main.one(t, "Site"))[0]
		if at(b, "ResponseHeadersPolicyId") != "${PagesHeaders}" {
			t.Errorf("pages have %v", at(b, "ResponseHeadersPolicyId"))
		}
	}
}

// Documents have those of one machine and HSTS, but a policy of content of their own: CloudFront has one for files that
// are shown, files that are saved and pages of errors.
func TestDocumentsHaveTheHeadersOfOneMachine(t *testing.T) {
	main := synthesized(t).main
	said := saidBy(t, main.one(t, "FilesHeaders"))
	for name, want := range answered(&dirfiles.Store{}, "/nothing") {
		if name != "Content-Security-Policy" && name != "Allow" && said[name] != want {
			t.Errorf("%s: got %q, one machine says %q", name, said[name], want)
		}
	}
	policy := said["Content-Security-Policy"]
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "script") || !strings.Contains(policy, "frame-ancestors 'none'") ||
		!strings.Contains(policy, "style-src 'unsafe-inline' https://convoc.exemple.fr;") {
		t.Errorf("policy %q", policy)
	}
	if said["Strict-Transport-Security"] != "max-age=63072000" {
		t.Errorf("said %v", said)
	}
	for _, b := range behaviors(main.one(t, "FilesHost")) {
		if at(b, "ResponseHeadersPolicyId") != "${FilesHeaders}" {
			t.Errorf("%s", written(b))
		}
	}
	main.one(t, "FilesHeaders").is(t, "ResponseHeadersPolicyConfig.CorsConfig.AccessControlAllowOrigins.Items", `["https://convoc.exemple.fr"]`)
	main.one(t, "FilesHeaders").is(t, "ResponseHeadersPolicyConfig.CorsConfig.AccessControlAllowCredentials", "false")
}

// answersOf runs the function in front of the pages for some addresses, in Node.
func answersOf(t *testing.T, code string, uris ...string) []map[string]any {
	t.Helper()
	needNode(t)
	script := filepath.Join(t.TempDir(), "pages.js")
	ask := fmt.Sprintf("\nprocess.stdout.write(JSON.stringify(%s.map((uri) => handler({ request: { method: 'GET', uri, headers: {} } }))));\n", literal(uris))
	if err := os.WriteFile(script, []byte(code+ask), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []map[string]any
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestPagesFunctionAnswersAsOneMachineDoes(t *testing.T) {
	function := synthesized(t).main.one(t, "PagesFunction")
	function.is(t, "FunctionConfig.Runtime", `"cloudfront-js-2.0"`)
	code := function.Properties["FunctionCode"].(string)
	if len(code) > 10<<10 {
		t.Errorf("%d bytes: CloudFront takes 10 KB", len(code))
	}
	one := web.Site{Origin: "https://convoc.exemple.fr", FilesOrigin: "https://documents.exemple.fr", Secure: true}.Static(static.Files())
	uris := []string{"/", "/c/", "/api/", "/rien.html", "/toString", "/__proto__", "/static.go", "/assets/", "/index.html/", "/INDEX.HTML"}
	must(fs.WalkDir(static.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			uris = append(uris, "/"+name)
		}
		return err
	}))
	for i, answer := range answersOf(t, code, uris...) {
		w := httptest.NewRecorder()
		one.ServeHTTP(w, httptest.NewRequest(http.MethodGet, uris[i], nil))
		switch {
		case w.Code == http.StatusOK && uris[i] == "/":
			if answer["uri"] != "/index.html" {
				t.Errorf("/ asks for %v", answer["uri"])
			}
		case w.Code == http.StatusOK && answer["uri"] == uris[i]:
		case uris[i] == "/index.html/": // one machine forgives the slash
		case w.Code != http.StatusNotFound || answer["statusCode"] != 404.0:
			t.Errorf("%s: one machine answers %d, the function %.200s", uris[i], w.Code, written(answer))
		default:
			sameRefusal(t, uris[i], w, answer)
		}
	}
}

func sameRefusal(t *testing.T, uri string, w *httptest.ResponseRecorder, answer map[string]any) {
	t.Helper()
	if body, _ := io.ReadAll(w.Body); at(answer, "body.data") != string(body) {
		t.Errorf("%s: another page", uri)
	}
	want, got := map[string]string{}, map[string]string{}
	for name := range w.Header() {
		want[strings.ToLower(name)] = w.Header().Get(name)
	}
	headers, _ := at(answer, "headers").(map[string]any)
	for name, value := range headers {
		got[name] = at(value, "value").(string)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: headers (-one machine +function)\n%s", uri, diff)
	}
}

func TestHeaderThatCloudFrontCannotSayStopsTheStack(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("accepted")
		}
	}()
	setSecurity(nil, header{"Strict-Transport-Security", "max-age=1; preload"})
}
