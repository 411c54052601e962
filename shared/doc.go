// Package shared holds what the functions are made of, in layers. Each layer knows only those below it; deps_test.go
// enforces that, with a reason per rule.
//
//	mains       functions/*, infra/local                       read the configuration, open adapters, start
//	edges       web page letter calendar french                HTTP, French
//	            lambdahttp lambdasqs config telemetry          AWS events, the environment, the log
//	use cases   account answer compose contactfile contacts    one package per flow; no HTTP, AWS, SQL, French, clock
//	            csvimport dispatch follow sweep upload
//	store       store                                          keys, items, one handle per collectivité
//	ports       table files queue mail                         a contract, its adapters inside
//	vocabulary  collectivity convocation directory errs ident  pure
//	            journal law link phc rights
package shared
