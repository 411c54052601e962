package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// body decodes a text as the body of a request.
func body[V any](raw string) (V, error) {
	var into V
	r := httptest.NewRequest("POST", "/", strings.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	return into, decode(httptest.NewRecorder(), r, &into)
}

func TestBodiesThatAreTaken(t *testing.T) {
	jean := signInRequest{Login: "jean", Password: "é"}
	for name, c := range map[string]struct {
		raw  string
		want signInRequest
	}{
		"nothing":            {"", signInRequest{}},
		"blank":              {" \r\n\t", signInRequest{}},
		"an empty object":    {"{}", signInRequest{}},
		"all fields":         {`{"login":"jean","password":"é"}`, jean},
		"in another order":   {`{"password":"é","login":"jean"}`, jean},
		"blank around":       {"\n {\"login\" : \"jean\", \"password\":\"\\u00e9\"} \r\n", jean},
		"an escaped key":     {`{"\u006cogin":"jean","password":"é"}`, jean},
		"one field":          {`{"login":"jean"}`, signInRequest{Login: "jean"}},
		"a field of nothing": {`{"login":"jean","password":null}`, signInRequest{Login: "jean"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := body[signInRequest](c.raw)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"an unknown key":                    `{"login":"jean","role":"administrator"}`,
		"a key that differs by case":        `{"Login":"jean"}`,
		"a key with a long s":               `{"pa\u017f\u017fword":"x"}`,
		"a key of spaces":                   `{" login":"jean"}`,
		"an empty key":                      `{"":"jean"}`,
		"a key twice":                       `{"login":"jean","login":"anne"}`,
		"a key twice with the same value":   `{"login":"jean","login":"jean"}`,
		"a key twice, once escaped":         `{"login":"jean","\u006cogin":"anne"}`,
		"a key twice, once in capitals":     `{"login":"jean","LOGIN":"anne"}`,
		"another kind":                      `{"login":1}`,
		"a list for a text":                 `{"login":["jean"]}`,
		"a list":                            `[]`,
		"a text":                            `"jean"`,
		"a number":                          `1`,
		"two values":                        `{"login":"jean"}{"login":"anne"}`,
		"a word behind":                     `{"login":"jean"} x`,
		"a bracket behind":                  `{"login":"jean"}]`,
		"a comma too many":                  `{"login":"jean",}`,
		"no end":                            `{"login":"jean"`,
		"no value":                          `{"login":}`,
		"single quotes":                     `{'login':'jean'}`,
		"a comment":                         `{"login":"jean"/* */}`,
		"a byte order mark":                 "\ufeff{}",
		"a control character inside a text": "{\"login\":\"je\nan\"}",
		"no JSON":                           `login=jean&password=x`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := body[signInRequest](raw); !errors.Is(err, errBody) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if got, err := body[sendRequest](`{"version":9223372036854775808}`); !errors.Is(err, errBody) {
		t.Errorf("a number that is too great: got %+v, %v", got, err)
	}
	if got, err := body[sendRequest](`{"version":1.5}`); !errors.Is(err, errBody) {
		t.Errorf("a half version: got %+v, %v", got, err)
	}
	if got, err := body[draftRequest](`{"to":[{"kind":"group","id":"a","kind":"contact"}]}`); !errors.Is(err, errBody) {
		t.Errorf("a key twice deep inside: got %+v, %v", got, err)
	}
	if got, err := body[draftRequest](`{"to":[{"kind":"group","role":"a"}]}`); !errors.Is(err, errBody) {
		t.Errorf("an unknown key deep inside: got %+v, %v", got, err)
	}
	if got, err := body[choicesRequest](`{"lines":[{"line":2,"decision":"same","decision":"other"}]}`); !errors.Is(err, errBody) {
		t.Errorf("two decisions about one line: got %+v, %v", got, err)
	}
	if got, err := body[choicesRequest](`{"lines":[{"line":2,"decision":"same"},{"line":3,"decision":"other"}]}`); err != nil || len(got.Lines) != 2 {
		t.Errorf("two decisions about two lines: got %+v, %v", got, err)
	}
}

// nested is a value inside so many lists or objects.
func nested(levels int, open, inside, end string) string {
	return strings.Repeat(open, levels) + inside + strings.Repeat(end, levels)
}

func TestDepthOfBodies(t *testing.T) {
	for name, raw := range map[string]func(levels int) string{
		"lists, nothing inside":   func(n int) string { return nested(n, "[", "", "]") },
		"lists, a number inside":  func(n int) string { return nested(n, "[", "1", "]") },
		"objects, nothing inside": func(n int) string { return nested(n-1, `{"a":`, "{}", "}") },
		"objects, a text inside":  func(n int) string { return nested(n, `{"a":`, `"x"`, "}") },
		"lists of objects":        func(n int) string { return nested(n/2, `[{"a":`, nested(n%2, "[", "1", "]"), "}]") },
	} {
		t.Run(name, func(t *testing.T) {
			for levels, taken := range map[int]bool{maxDepth - 1: true, maxDepth: true, maxDepth + 1: false, 40_000: false} {
				if _, err := body[any](raw(levels)); (err == nil) != taken || (err != nil && !errors.Is(err, errBody)) {
					t.Errorf("%d levels: got %v", levels, err)
				}
			}
		})
	}
}

func TestSizeOfBodies(t *testing.T) {
	const around = len(`{"login":""}`)
	for size, taken := range map[int]bool{maxBody - 1: true, maxBody: true, maxBody + 1: false, 2 * maxBody: false} {
		got, err := body[signInRequest](`{"login":"` + strings.Repeat("a", size-around) + `"}`)
		if (err == nil) != taken || (err != nil && !errors.Is(err, errTooBig)) || (taken && len(got.Login) != size-around) {
			t.Errorf("%d bytes: got %d, %v", size, len(got.Login), err)
		}
		_, err = body[signInRequest](strings.Repeat(" ", size))
		if (err == nil) != taken {
			t.Errorf("%d spaces: got %v", size, err)
		}
	}
	around2 := len(`{"message":""}`)
	for size, taken := range map[int]bool{1<<20 - 1: true, 1 << 20: true, 1<<20 + 1: false} {
		if _, err := body[draftRequest](`{"message":"` + strings.Repeat("a", size-around2) + `"}`); (err == nil) != taken || (err != nil && !errors.Is(err, errTooBig)) {
			t.Errorf("a draft of %d bytes: got %v", size, err)
		}
	}
	if maxBody != 256<<10 || maxDepth != 16 {
		t.Errorf("the limits are %d bytes and %d levels", maxBody, maxDepth)
	}
}

func TestTypeOfBodies(t *testing.T) {
	for kind, taken := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON": true,
		"": false, "text/plain": false, "application/x-www-form-urlencoded": false, "multipart/form-data; boundary=a": false,
		"application/jsonp": false, "application/json, text/plain": false, "text/json": false,
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader("{}"))
		r.Header.Set("Content-Type", kind)
		var into signInRequest
		if err := decode(httptest.NewRecorder(), r, &into); (err == nil) != taken || (err != nil && !errors.Is(err, errType)) {
			t.Errorf("%q: got %v", kind, err)
		}
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader(`{"login":"jean"}`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	r.Header.Set("Content-Type", "application/json")
	var into signInRequest
	if err := decode(httptest.NewRecorder(), r, &into); !errors.Is(err, errBody) || into.Login != "" {
		t.Errorf("got %+v, %v", into, err)
	}
}

// A refused body changes nothing and is told in French with its status.
func TestRefusedBodyIsAnswered(t *testing.T) {
	s := Site{Origin: "https://convoc.example"}
	h := s.api(func(w http.ResponseWriter, r *http.Request) error {
		var req signInRequest
		return decode(w, r, &req)
	})
	for name, c := range map[string]struct {
		kind, raw string
		status    int
		code      string
	}{
		"too big":    {"application/json", strings.Repeat(" ", maxBody+1), http.StatusRequestEntityTooLarge, "body_too_large"},
		"malformed":  {"application/json", "{", http.StatusUnprocessableEntity, "body_invalid"},
		"not a JSON": {"text/plain", "{}", http.StatusUnsupportedMediaType, "content_type"},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.raw))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var got problem
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != c.status || got.Code != c.code || got.Message != frenchCode(c.code, "") {
			t.Errorf("%s: got %d %+v, %v", name, w.Code, got, err)
		}
	}
}

// What is taken says exactly what was meant: written again and read again it is the same, and each of its keys is a
// field, spelt as the field is.
func FuzzDecode(f *testing.F) {
	for _, raw := range []string{
		`{"version":3,"subject":"Conseil","message":"","to":[{"kind":"group","id":"grp_a","count":4}],"cc":[],"bcc":null}`,
		`{"Version":1}`, `{"version":1,"version":2}`, `{"to":[{"ki\u006ed":"x"}]}`, `null`, ` `, `{}{}`, `{"\u017fubject":"x"}`,
		nested(17, "[", "", "]"), "{\"subject\":\"\xff\"}", `{"subject":"\ud800"}`,
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := body[draftRequest](raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		same, err := body[draftRequest](string(again))
		if diff := cmp.Diff(got, same); err != nil || diff != "" {
			t.Errorf("%q is read as another: %v\n%s", raw, err, diff)
		}
		if len(bytes.TrimSpace([]byte(raw))) == 0 {
			return
		}
		var whole any
		if err := json.Unmarshal([]byte(raw), &whole); err != nil {
			t.Errorf("%q is no JSON: %v", raw, err)
		}
		checkKeys(t, whole, reflect.TypeFor[draftRequest]())
	})
}

// checkKeys walks a JSON value beside the type it was read into.
func checkKeys(t *testing.T, value any, into reflect.Type) {
	t.Helper()
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			checkKeys(t, v, into.Elem())
		}
	case map[string]any:
		fields := map[string]reflect.Type{}
		for i := range into.NumField() {
			name, _, _ := strings.Cut(into.Field(i).Tag.Get("json"), ",")
			fields[name] = into.Field(i).Type
		}
		for key, v := range value {
			if fields[key] == nil {
				t.Errorf("the key %q was taken", key)
				continue
			}
			checkKeys(t, v, fields[key])
		}
	}
}
