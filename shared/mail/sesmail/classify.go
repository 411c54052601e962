package sesmail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"convoc/shared/mail"
)

// The kinds of refusal. Only what is about this message or its recipient is for good. What is wrong with the
// installation (its rights, its domain, its account) will be mended, and then the message can leave: it is no fault of
// the recipient.
var (
	aboutMessage      = mail.Result{Outcome: mail.RefusedForGood, Reason: mail.ReasonContent}
	aboutInstallation = mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonCredentials}
	paused            = mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonPaused}
	tooFast           = mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonThrottled}
	unreachable       = mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonConnection}
	other             = mail.Result{Outcome: mail.RefusedForNow, Reason: mail.ReasonRejected}
	nobodyKnows       = mail.Result{Outcome: mail.Unknown, Reason: mail.ReasonTimeout}
)

// refusals are the errors of SendEmail (API reference, SendEmail, « Errors », and « Common Error Types »). An error that
// is not among them is judged by its status.
var refusals = map[string]mail.Result{
	"MessageRejected":     aboutMessage,
	"BadRequestException": aboutMessage,

	"TooManyRequestsException": tooFast,
	"LimitExceededException":   tooFast,
	"ThrottlingException":      tooFast, // also the daily quota: « Errors related to the sending quotas »
	"Throttling":               tooFast,

	"SendingPausedException":             paused,
	"AccountSuspendedException":          paused,
	"MailFromDomainNotVerifiedException": aboutInstallation,
	"NotFoundException":                  aboutInstallation, // the configuration set

	"AccessDeniedException":       aboutInstallation,
	"ExpiredTokenException":       aboutInstallation,
	"IncompleteSignature":         aboutInstallation,
	"InvalidClientTokenId":        aboutInstallation,
	"InvalidSignatureException":   aboutInstallation,
	"MissingAuthenticationToken":  aboutInstallation,
	"NotAuthorized":               aboutInstallation,
	"OptInRequired":               aboutInstallation,
	"RequestExpired":              aboutInstallation, // our clock is wrong
	"UnrecognizedClientException": aboutInstallation,
	"InvalidAction":               aboutInstallation,
	"UnknownOperationException":   aboutInstallation,

	"ValidationError":     aboutMessage,
	"ValidationException": aboutMessage,
}

// notLeft is a failure before there was a connection: none could be made, or the request could not be (credentials).
func notLeft(err error) mail.Result {
	var sending *smithyhttp.RequestSendError
	if errors.As(err, &sending) {
		return with(unreachable, "no connection")
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return with(unreachable, "no connection in time")
	}
	return with(aboutInstallation, "the request could not be signed")
}

// classify makes a result of a failure after which something may have left.
func classify(err error) mail.Result {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.HTTPStatusCode() == 0 {
		return with(nobodyKnows, "no answer")
	}
	status, code, words := answer.HTTPStatusCode(), "", ""
	var said smithy.APIError
	if errors.As(err, &said) {
		code, words = said.ErrorCode(), said.ErrorMessage()
	}
	detail := fmt.Sprintf("%d %s: %s", status, code, words)
	// 408 is no answer to the message: it was not read to its end, or was not waited for
	if status < 400 || status > 499 || status == http.StatusRequestTimeout {
		return with(nobodyKnows, detail)
	}
	if result, known := refusals[code]; known {
		if code == "MessageRejected" && unverified(words) {
			result = aboutInstallation
		}
		if result.Reason == mail.ReasonThrottled && strings.Contains(words, "Daily message quota") {
			result.Reason = mail.ReasonQuota
		}
		return with(result, detail)
	}
	return with(byStatus(status), detail)
}

// unverified tells the rejection of our own address, and in the sandbox of every other one (« Amazon SES email sending
// errors »): « Email address is not verified. The following identities failed the check… ».
func unverified(words string) bool { return strings.Contains(words, "is not verified") }

// byStatus judges an answer that the service does not document.
func byStatus(status int) mail.Result {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired:
		return aboutInstallation
	case http.StatusRequestEntityTooLarge:
		return aboutMessage
	case http.StatusTooManyRequests:
		return tooFast
	}
	return other
}

var addressed = regexp.MustCompile(`("[^"]*"|\S*)@\S*`)

// with adds the service's words for the operator, without any address.
func with(r mail.Result, words string) mail.Result {
	r.Detail = fmt.Sprintf("%.200s", addressed.ReplaceAllString(words, "…"))
	return r
}
