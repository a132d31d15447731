# A confirmatory factor analysis in base R, in the way of lavaan::cfa's defaults: first loading of
# each factor 1, covariance matrix with divisor n, expected information. Run in this folder.
# It shares no formula with the library: other parameters, numerical derivatives, full matrices.
X <- as.matrix(read.csv("cfa_hs.csv")); n <- nrow(X); p <- 9
Z <- scale(X, scale = FALSE); S <- crossprod(Z) / n
factor <- rep(1:3, each = 3)
sigma <- function(t) {
  L <- matrix(0, 9, 3); L[cbind(1:9, factor)] <- c(1, t[1:2], 1, t[3:4], 1, t[5:6])
  P <- matrix(0, 3, 3); P[lower.tri(P, diag = TRUE)] <- t[16:21]; P <- P + t(P) - diag(diag(P))
  list(S = L %*% P %*% t(L) + diag(t[7:15]), L = L, P = P)
}
f <- function(t) {
  M <- sigma(t)$S
  if (min(eigen(M, TRUE)$values) < 1e-8) return(1e6)
  log(det(M)) + sum(diag(solve(M, S))) - log(det(S)) - p
}
jacobian <- function(g, t) sapply(seq_along(t), function(i) {
  h <- 1e-5; e <- replace(numeric(length(t)), i, h)
  (8 * (g(t + e) - g(t - e)) - (g(t + 2 * e) - g(t - 2 * e))) / (12 * h)
})
t <- c(rep(.8, 6), diag(S) / 2, .5, .2, .2, .5, .2, .5)
for (i in 1:5) t <- nlm(f, t, gradtol = 1e-12, steptol = 1e-14, iterlim = 2000)$estimate
low <- lower.tri(S, diag = TRUE)
D <- jacobian(function(t) sigma(t)$S[low], t)
dup <- matrix(0, p * p, sum(low)); k <- matrix(0, p, p); k[low] <- seq_len(sum(low)); k <- pmax(k, t(k))
dup[cbind(seq_len(p * p), c(k))] <- 1
W <- solve(sigma(t)$S); V <- t(dup) %*% kronecker(W, W) %*% dup / 2
for (i in 1:20) { # Fisher's scoring, to the last digit
  M <- sigma(t)$S; W <- solve(M); V <- t(dup) %*% kronecker(W, W) %*% dup / 2
  D <- jacobian(function(t) sigma(t)$S[low], t)
  t <- t + c(solve(t(D) %*% V %*% D, t(D) %*% V %*% (S - M)[low]))
}
I <- t(D) %*% V %*% D
acov <- solve(I) / n
standardised <- function(t) {
  m <- sigma(t); l <- m$L[cbind(1:9, factor)] * sqrt(diag(m$P)[factor]) / sqrt(diag(m$S))
  c(l, cov2cor(m$P)[lower.tri(m$P)])
}
J <- jacobian(standardised, t)
rows <- t(apply(Z, 1, function(z) outer(z, z)[low]))
G <- function(w) crossprod(sweep(rows, 2, colMeans(w * rows)) * w) / n
U <- V - V %*% D %*% solve(I, t(D) %*% V)
sandwich <- solve(I) %*% (t(D) %*% V %*% G(rep(1, n)) %*% V %*% D) %*% solve(I) / n
c0 <- sum(diag(U %*% G(rep(1, n)))) / 24
R <- abs(cor(X)); up <- upper.tri(diag(3))
htmt <- function(a, b, m) m(R[factor == a, factor == b]) /
  sqrt(m(R[factor == a, factor == a][up]) * m(R[factor == b, factor == b][up]))
geometric <- function(x) exp(mean(log(x)))
l <- standardised(t)[1:9]; r <- l * sqrt(diag(S))
by <- function(g) sapply(1:3, function(k) g(which(factor == k)))
results <- list(
  chisq = n * f(t), loadings = l, correlations = standardised(t)[10:12],
  se = sqrt(diag(J %*% acov %*% t(J))), robust_se = sqrt(diag(J %*% sandwich %*% t(J))),
  scaling = c0, scaled = n * f(t) / c0,
  htmt = c(htmt(1, 2, mean), htmt(1, 3, mean), htmt(2, 3, mean)),
  htmt2 = c(htmt(1, 2, geometric), htmt(1, 3, geometric), htmt(2, 3, geometric)),
  cr = by(function(i) sum(l[i])^2 / (sum(l[i])^2 + sum(1 - l[i]^2))), ave = by(function(i) mean(l[i]^2)),
  cr_raw = by(function(i) sum(r[i])^2 / sum(S[i, i])), ave_raw = by(function(i) sum(r[i]^2) / sum(diag(S)[i]))
)
for (name in names(results)) cat(name, sprintf("%.15g", results[[name]]), "\n")
