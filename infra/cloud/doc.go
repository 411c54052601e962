// Package cloud runs the functions as they are deployed, on one machine: the real bootstraps, each a process that asks a
// Lambda Runtime API for its next event, over servers that we did not write for DynamoDB, S3, SQS and SES. Events have
// the shape that API Gateway, SQS, EventBridge, SES and the scheduler give them. It is all tests:
//
//   - the users' stories of infra/local/testdata, unchanged, end to end;
//   - every call that a function makes is one that infra/wiring lets it make, and every right there is used;
//   - every item and document is reached in a session of its own collectivité: what stands before the servers refuses the
//     rest, as the policies of the roles would;
//   - what a cold start costs (go test -bench . ./infra/cloud).
//
// TODO(#3): a cold start should cost at most 1.6 times one of a function that does nothing, and is at 2.2 to 2.9 with the
// connection that is opened at start, 1.7 to 2.1 without; a zip should stay under 5 MB, and those that sign for S3 or show
// pages are at 5.1 to 6.5 (html/template keeps all methods of every client that is linked). The client of STS, with which the
// third wall stands, is 0.25 MB of each and 8 % of the time to the first poll.
//
// What it cannot show is in the README: API Gateway, CloudFront, the delivery of real mail, the malware scan, schedules.
package cloud
